//! Tests of the option table.
