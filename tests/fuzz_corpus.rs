//! The fuzz targets over their corpus, and over every truncation of it.

#[path = "../fuzz/src/bodies.rs"]
mod bodies;

use std::fs;
use std::path::Path;

#[test]
fn every_input_of_the_corpus_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let mut inputs = 0;
    for target in fs::read_dir(corpus).unwrap() {
        let target = target.unwrap();
        for input in fs::read_dir(target.path()).unwrap() {
            let data = fs::read(input.unwrap().path()).unwrap();
            for end in 0..=data.len() {
                bodies::run(target.file_name().to_str().unwrap(), &data[..end]);
            }
            inputs += 1;
        }
    }
    assert!(inputs > 20, "the corpus is missing");
}
