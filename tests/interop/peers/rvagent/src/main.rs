//! Upstream's server on a free port. Ends when standard input closes.
use async_trait::async_trait;
use rvagent_a2a::budget::{BudgetLedger, GlobalBudget};
use rvagent_a2a::error::A2aError;
use rvagent_a2a::executor::{Executor, TaskRunner};
use rvagent_a2a::identity::{agent_id_from_pubkey, sign_card};
use rvagent_a2a::server::{A2aServer, A2aServerConfig, A2aState, TaskEvent};
use rvagent_a2a::types::{
    AgentCard, Artifact, Message, Part, Role, Task, TaskArtifactUpdateEvent, TaskSpec, TaskState,
    TaskStatus, TaskStatusUpdateEvent,
};
use serde_json::{from_value, json, to_value, to_vec, Value};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const SKILLS: [&str; 4] = ["echo", "stream", "long", "raise"];

fn status(state: TaskState, text: Option<String>) -> TaskStatus {
    let message = text.map(|text| Message {
        role: Role::Agent,
        parts: vec![Part::Text { text }],
        metadata: Value::Null,
    });
    TaskStatus { state, timestamp: chrono::Utc::now(), message }
}

/// The first number of the request tells how many steps, or seconds.
#[derive(Default)]
struct Runner(OnceLock<A2aState>);

impl Runner {
    async fn emit(&self, id: &str, event: TaskEvent) {
        let state = self.0.get().expect("the server's state");
        if let Some(channel) = state.streams.read().await.get(id) {
            let _ = channel.send(event);
        }
    }

    async fn step(&self, id: &str, number: usize) {
        let status = status(TaskState::Working, Some(format!("step {number}")));
        let (id_, metadata) = (id.to_string(), Value::Null);
        let event = TaskStatusUpdateEvent { id: id_, status, final_: false, metadata };
        self.emit(id, TaskEvent::Status(event)).await;
    }
}

#[async_trait]
impl TaskRunner for Runner {
    async fn run(&self, spec: TaskSpec) -> Result<Task, A2aError> {
        let Some(Part::Text { text }) = spec.message.parts.first().cloned() else {
            return Err(A2aError::Internal("the first part is no text".into()));
        };
        let number = text.split(' ').find_map(|word| word.parse::<usize>().ok()).unwrap_or(3);
        match spec.skill.as_str() {
            "raise" => return Err(A2aError::Internal("the executor raised".into())),
            "long" => tokio::time::sleep(Duration::from_secs(number as u64)).await,
            "stream" => {
                for step in 0..number {
                    self.step(&spec.id, step).await;
                }
            }
            _ => {}
        }
        let artifact: Artifact = from_value(json!({
            "name": "answer", "lastChunk": true,
            "parts": [{"type": "text", "text": format!("echo: {text}")}],
        }))?;
        let (id, metadata) = (spec.id.clone(), Value::Null);
        let event = TaskArtifactUpdateEvent { id, artifact: artifact.clone(), metadata };
        self.emit(&spec.id, TaskEvent::Artifact(event)).await;
        Ok(Task {
            id: spec.id,
            session_id: None,
            status: status(TaskState::Completed, None),
            history: vec![spec.message],
            artifacts: vec![artifact],
            metadata: spec.metadata,
        })
    }

    async fn cancel(&self, _id: &str) -> Result<(), A2aError> {
        Ok(())
    }
}

fn card(url: &str) -> AgentCard {
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let skills = SKILLS.map(|id| json!({"id": id, "name": id, "description": id, "tags": []}));
    let mut card: AgentCard = from_value(json!({
        "name": "rvagent-peer", "description": "Upstream's server", "url": url,
        "provider": {"organization": "interop"}, "version": "0.1.0",
        "capabilities": {"streaming": true}, "skills": skills,
        "authentication": {"schemes": []},
        "metadata": {"ruvector": {"agent_id": agent_id_from_pubkey(&key.verifying_key()).0}},
    }))
    .expect("a card");
    let signature = sign_card(&card, &key).expect("a signature");
    card.metadata["ruvector"]["signature"] = to_value(signature).expect("JSON");
    card
}

#[tokio::main]
async fn main() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (card, runner) = (card(&url), Arc::new(Runner::default()));
    let server = A2aServer::new(
        card.clone(),
        to_vec(&card).expect("JSON"),
        Arc::new(Executor::Local(runner.clone())),
        Arc::new(BudgetLedger::new(GlobalBudget::default())),
        A2aServerConfig::default(),
    );
    let _ = runner.0.set(server.state().clone());
    println!("{}", json!({ "url": url }));
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    axum::serve(listener, server.router()).await.expect("to serve");
}
