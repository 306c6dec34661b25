// Shortest routes in a small network; the graph comes as text.
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::process::{exit, Command};

mod parse {
    /// An older version had `use petgraph::graph::Graph;` here.
    pub fn edges(text: &str) -> Vec<(String, String, u32)> {
        text.lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                Some((words.next()?.into(), words.next()?.into(), words.next()?.parse().ok()?))
            })
            .collect()
    }
}
use parse::edges;

struct Route<'a>(&'a str, u32);

impl fmt::Display for Route<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:<6}{:>3}", self.0, self.1)
    }
}

fn main() {
    let text = "oslo bergen 7\nbergen moss 3\noslo moss 12\nmoss lund 4\nbad line\n";
    let mut graph: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
    for (from, to, cost) in edges(text) {
        graph.entry(from.clone()).or_default().push((to.clone(), cost));
        graph.entry(to).or_default().push((from, cost));
    }
    let mut best: BTreeMap<&str, u32> = BTreeMap::new();
    let mut queue = BinaryHeap::from([Reverse((0, "oslo"))]);
    while let Some(Reverse((cost, city))) = queue.pop() {
        if best.contains_key(city) {
            continue;
        }
        best.insert(city, cost);
        for (next, step) in &graph[city] {
            queue.push(Reverse((cost + step, next)));
        }
    }
    for (city, cost) in &best {
        println!("{}", Route(city, *cost));
    }
    let found = Command::new("printf").arg("%s").arg("done").output().map(|o| o.stdout);
    if best["lund"] != 14 || found.unwrap_or_default() != b"done" {
        exit(1);
    }
}
