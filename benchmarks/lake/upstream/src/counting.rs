//! A store in memory that counts what is pulled from it.

use std::sync::atomic::{AtomicUsize, Ordering};

use ruvector_rulake::{BackendAdapter, LocalBackend, PulledBatch, Result, RuLakeBundle};

pub struct Counting {
    pub store: LocalBackend,
    pub pulls: AtomicUsize,
    pub rows: AtomicUsize,
}

impl Counting {
    pub fn new(rows: &[Vec<f32>]) -> Self {
        let store = LocalBackend::new("b");
        let ids = (0..rows.len() as u64).collect();
        store.put_collection("c", rows[0].len(), ids, rows.to_vec()).expect("put_collection");
        Self { store, pulls: AtomicUsize::new(0), rows: AtomicUsize::new(0) }
    }
}

impl BackendAdapter for Counting {
    fn id(&self) -> &str {
        self.store.id()
    }
    fn list_collections(&self) -> Result<Vec<String>> {
        self.store.list_collections()
    }
    fn pull_vectors(&self, collection: &str) -> Result<PulledBatch> {
        self.pulls.fetch_add(1, Ordering::SeqCst);
        let batch = self.store.pull_vectors(collection)?;
        self.rows.fetch_add(batch.ids.len(), Ordering::SeqCst);
        Ok(batch)
    }
    fn generation(&self, collection: &str) -> Result<u64> {
        self.store.generation(collection)
    }
    fn current_bundle(&self, collection: &str, seed: u64, rerank: usize) -> Result<RuLakeBundle> {
        self.store.current_bundle(collection, seed, rerank)
    }
}
