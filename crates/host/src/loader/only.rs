//! One store of many, for those who need no other.

use std::sync::Arc;

use super::{Loader, Outcome, Served, Stores};
use crate::resources::{Component, Loaded, Problem};

impl Loader {
    /// Starts the Component `name` of `loaded`, and before it only those that it takes values from;
    /// `None` if there is none. The error says where it stands, and why it does not serve.
    pub async fn start_only(
        &self,
        loaded: &Loaded,
        name: &str,
    ) -> Option<Result<Arc<Served>, Problem>> {
        let find = |name: &str| loaded.components.iter().find(|it| it.name == name);
        let mut chain: Vec<&Component> = Vec::new();
        let mut next = find(name);
        while let Some(component) = next {
            if chain.iter().any(|before| before.name == component.name) {
                return Some(Err(Problem {
                    place: component.place.clone(),
                    message: "auth.secretStore leads back to itself".to_owned(),
                }));
            }
            chain.push(component);
            next = component.needs().and_then(find);
        }
        let none = Stores::default();
        let mut outcome = Outcome::default();
        let mut last = None;
        for component in chain.into_iter().rev() {
            let problem = |message| Problem {
                place: component.place.clone(),
                message,
            };
            let started = self.start(component, &none, &mut outcome).await;
            if let Ok(served) = &started {
                let served = Arc::clone(served);
                outcome.stores.served.insert(component.name.clone(), served);
            }
            // What failed below may be the reason.
            last = Some(started.map_err(|why| match &last {
                Some(Err(below)) => problem(format!("{why}; {below}")),
                _ => problem(why),
            }));
        }
        for problem in &outcome.problems {
            tracing::warn!("{problem}");
        }
        last
    }
}
