//! Measures the original ruLake: `rulake-bench MODE ARGUMENTS` prints one line of JSON.
//! Each mode does what the mode of the same name in benchmarks/lake/ours.py does.

mod arrays;
mod counting;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use ruvector_rabitq::{AnnIndex, RabitqPlusIndex};
use ruvector_rulake::cache::{make_key, Consistency};
use ruvector_rulake::{BackendAdapter, FsBackend, LocalBackend, Result, RuLake, SearchResult};
use serde_json::{json, Value};

use arrays::{read_npy, resident_bytes};
use counting::Counting;

const RERANK: usize = 20; // what its documentation recommends
const EQUAL_RERANK: usize = 100; // what recall 1.000 takes on the set of 100,000 x 128
const SEED: u64 = 42;
const K: usize = 10;
const BLOCK: usize = 100;

fn lake_over(backend: Arc<dyn BackendAdapter>, consistency: Consistency) -> RuLake {
    let lake = RuLake::new(RERANK, SEED).with_consistency(consistency);
    lake.register_backend(backend).expect("register_backend");
    lake
}

fn ids_of(hits: &[SearchResult]) -> Vec<u64> {
    hits.iter().map(|hit| hit.id).collect()
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A search of the index itself, and through lakes; blocks of queries in turn.
fn overhead(base: &str, queries: &str, rounds: usize) -> Value {
    let (base, queries) = (read_npy(base), read_npy(queries));
    let dim = base[0].len();
    let mut index = RabitqPlusIndex::new(dim, SEED, RERANK);
    for (id, row) in base.iter().enumerate() {
        index.add(id, row.clone()).expect("add");
    }
    let fresh = lake_over(Arc::new(Counting::new(&base)), Consistency::Fresh);
    let eventual = lake_over(Arc::new(Counting::new(&base)), Consistency::Eventual { ttl_ms: 1000 });
    let direct = |query: &[f32]| -> Vec<u64> {
        index.search(query, K).expect("search").iter().map(|hit| hit.id as u64).collect()
    };
    let through = |lake: &RuLake, query: &[f32]| -> Vec<u64> {
        ids_of(&lake.search_one("b", "c", query, K).expect("search_one"))
    };
    let equal = |query: &[f32]| -> Vec<u64> {
        let hits = index.search_with_rerank(query, K, EQUAL_RERANK).expect("search");
        hits.iter().map(|hit| hit.id as u64).collect()
    };
    let found: Vec<Vec<u64>> = queries.iter().map(|query| through(&fresh, query)).collect();
    let equal_found: Vec<Vec<u64>> = queries.iter().map(|query| equal(query)).collect();
    through(&eventual, &queries[0]);
    let mut times: [Vec<f64>; 4] = Default::default();
    for round in 0..rounds {
        let start = (round * BLOCK) % (queries.len() - BLOCK + 1);
        for turn in 0..4 {
            let which = (round + turn) % 4;
            let mut block: Vec<f64> = queries[start..start + BLOCK]
                .iter()
                .map(|query| {
                    let begin = Instant::now();
                    match which {
                        0 => drop(direct(query)),
                        1 => drop(through(&fresh, query)),
                        2 => drop(through(&eventual, query)),
                        _ => drop(equal(query)),
                    }
                    begin.elapsed().as_secs_f64() * 1e6
                })
                .collect();
            times[which].push(median(&mut block));
        }
    }
    json!({"direct_us": times[0], "fresh_us": times[1], "eventual_us": times[2], "ids": found,
           "equal_us": times[3], "equal_ids": equal_found})
}

/// Threads that all search a collection which is not cached.
fn storm(base: &str, clients: usize) -> Value {
    let base = read_npy(base);
    let backend = Arc::new(Counting::new(&base));
    let lake = lake_over(backend.clone(), Consistency::Fresh);
    let barrier = Arc::new(Barrier::new(clients));
    let begin = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let (lake, barrier, query) = (lake.clone(), barrier.clone(), base[0].clone());
            std::thread::spawn(move || {
                barrier.wait();
                lake.search_one("b", "c", &query, K).is_err()
            })
        })
        .collect();
    // Collected first: all must have ended before the clock stops.
    let failed: Vec<bool> = threads.into_iter().map(|thread| thread.join().expect("join")).collect();
    let errors = failed.iter().filter(|failed| **failed).count();
    let seconds = begin.elapsed().as_secs_f64();
    let later = (0..100).filter(|_| lake.search_one("b", "c", &base[0], K).is_err()).count();
    json!({"pulls": backend.pulls.load(Ordering::SeqCst), "errors": errors, "seconds": seconds,
           "errors_of_100_later": later})
}

fn file_backend(root: &str) -> Arc<FsBackend> {
    let backend = FsBackend::new("b", root).expect("FsBackend");
    backend.register("c", "c.ruvec1").expect("register");
    Arc::new(backend)
}

/// The first answer from a file that was never pulled.
fn cold(root: &str, queries: &str) -> Value {
    let query = read_npy(queries).swap_remove(0);
    let before = resident_bytes();
    let begin = Instant::now();
    let lake = lake_over(file_backend(root), Consistency::Fresh);
    let hits = lake.search_one("b", "c", &query, K).expect("search_one");
    let seconds = begin.elapsed().as_secs_f64();
    json!({"seconds": seconds, "anonymous_bytes": resident_bytes() - before, "ids": [ids_of(&hits)]})
}

fn save(root: &str, queries: &str, directory: &str) -> Value {
    let query = read_npy(queries).swap_remove(0);
    let lake = lake_over(file_backend(root), Consistency::Fresh);
    lake.search_one("b", "c", &query, K).expect("search_one");
    lake.save_cache_to_dir(&make_key("b", "c"), directory).expect("save_cache_to_dir");
    json!({})
}

/// The first answer of a process that finds a snapshot.
fn warm(directory: &str, queries: &str) -> Value {
    let query = read_npy(queries).swap_remove(0);
    let before = resident_bytes();
    let begin = Instant::now();
    let lake = RuLake::new(RERANK, SEED).with_consistency(Consistency::Frozen);
    lake.warm_from_dir(&make_key("b", "c"), directory).expect("warm_from_dir");
    let hits = lake.search_one("b", "c", &query, K).expect("search_one");
    let seconds = begin.elapsed().as_secs_f64();
    json!({"seconds": seconds, "anonymous_bytes": resident_bytes() - before, "ids": [ids_of(&hits)]})
}

/// Threads that search as fast as they can, one shard or several.
fn clients(base: &str, queries: &str, shards: usize, count: usize, seconds: f64, rerank: usize) -> Value {
    let (base, queries) = (read_npy(base), Arc::new(read_npy(queries)));
    // A federated search divides it by the number of shards.
    let lake = RuLake::new(rerank, SEED);
    let names: Vec<String> = (0..shards).map(|shard| format!("shard-{shard}")).collect();
    let rows = base.len().div_ceil(shards);
    for (shard, name) in names.iter().enumerate() {
        let (low, high) = (shard * rows, ((shard + 1) * rows).min(base.len()));
        let backend = LocalBackend::new(name);
        let ids = (low as u64..high as u64).collect();
        backend.put_collection("c", base[0].len(), ids, base[low..high].to_vec()).expect("put");
        lake.register_backend(Arc::new(backend)).expect("register_backend");
    }
    let names = Arc::new(names);
    let search = move |lake: &RuLake, names: &[String], query: &[f32]| -> Result<Vec<SearchResult>> {
        if names.len() == 1 {
            return lake.search_one(&names[0], "c", query, K);
        }
        let targets: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "c")).collect();
        lake.search_federated(&targets, query, K)
    };
    let found: Vec<Vec<u64>> =
        queries.iter().map(|query| ids_of(&search(&lake, &names, query).expect("search"))).collect();
    let begin = Instant::now();
    let end = begin + Duration::from_secs_f64(seconds);
    let threads: Vec<_> = (0..count)
        .map(|client| {
            let (lake, names, queries) = (lake.clone(), names.clone(), queries.clone());
            std::thread::spawn(move || {
                let mut answered = 0;
                let mut next = client * queries.len() / count;
                while Instant::now() < end {
                    search(&lake, &names, &queries[next % queries.len()]).expect("search");
                    next += 1;
                    answered += 1;
                }
                answered
            })
        })
        .collect();
    let answered: usize = threads.into_iter().map(|thread| thread.join().expect("join")).sum();
    json!({"qps": answered as f64 / begin.elapsed().as_secs_f64(), "ids": found})
}

/// What a refresh pulls after 1 % of the rows were appended.
fn refresh(base: &str) -> Value {
    let base = read_npy(base);
    let kept = base.len() * 99 / 100;
    let backend = Arc::new(Counting::new(&base[..kept]));
    let lake = lake_over(backend.clone(), Consistency::Fresh);
    lake.search_one("b", "c", &base[0], K).expect("search_one");
    let before = backend.rows.load(Ordering::SeqCst);
    for (id, row) in base.iter().enumerate().skip(kept) {
        backend.store.append("c", id as u64, row.clone()).expect("append");
    }
    lake.search_one("b", "c", &base[0], K).expect("search_one");
    let read = backend.rows.load(Ordering::SeqCst) - before;
    json!({"part_read": read as f64 / base.len() as f64})
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<usize>().expect("a number");
    let answer = match words[..] {
        ["overhead", base, queries, rounds] => overhead(base, queries, number(rounds)),
        ["storm", base, count] => storm(base, number(count)),
        ["cold", root, queries] => cold(root, queries),
        ["save", root, queries, directory] => save(root, queries, directory),
        ["warm", directory, queries] => warm(directory, queries),
        ["clients", base, queries, shards, count, seconds] => {
            let seconds = seconds.parse().expect("seconds");
            clients(base, queries, number(shards), number(count), seconds, RERANK)
        }
        ["clients", base, queries, shards, count, seconds, "equal"] => {
            let (seconds, shards) = (seconds.parse().expect("seconds"), number(shards));
            clients(base, queries, shards, number(count), seconds, EQUAL_RERANK * shards)
        }
        ["refresh", base] => refresh(base),
        _ => panic!("unknown arguments: {words:?}"),
    };
    println!("{answer}");
}
