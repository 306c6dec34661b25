use std::collections::HashMap;
use serde::{Deserialize, Serialize};
use rand::Rng;
use crate::helper::x;
use self::inline::f;
use {regex::Regex, itoa};
use clap::Parser as P;
use anyhow::*;
extern crate libc;
extern crate url as address;
mod inline { pub fn f() {} }
use inline::f as g;
// use not_one::x;
/// use not_two::x;
#[cfg(windows)]
use winapi::um;
#[link(name = "sodium")]
extern "C" {}

fn main() {
    let v = serde_json::json!({"a": 1});
    let now = chrono::Utc::now();
    println!("use not_three::x;");
    let map: HashMap<String, u32> = HashMap::new();
}

fn later() { tempfile::tempdir(); }

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
}
