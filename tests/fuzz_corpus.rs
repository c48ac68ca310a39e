//! The fuzz targets over their corpus, and over every truncation of what was written by hand.

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
            let path = input.unwrap().path();
            let data = fs::read(&path).unwrap();
            // What the fuzzer found is named by its hash.
            let by_hand = path.file_name().unwrap().len() < 40;
            for end in (if by_hand { 0 } else { data.len() })..=data.len() {
                bodies::run(target.file_name().to_str().unwrap(), &data[..end]);
            }
            inputs += 1;
        }
    }
    assert!(inputs > 500, "the corpus is missing");
}
