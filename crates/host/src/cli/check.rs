//! `dapr-wasm-host check`.

use std::{error::Error, process::ExitCode, time::Instant};

use clap::Args;

use super::{
    built_in::KeysSeen,
    escape::line,
    log::LogOptions,
    profile::Profile,
    setup::{Setup, SetupOptions},
};
use crate::{
    contract::CallError,
    loader::{Outcome, Served, Stores},
    stores::StoreType,
};

#[derive(Args)]
pub(super) struct CheckCommand {
    /// Give stores that have no keys of their own those of a profile of tccli (`default`: also those
    /// of ~/.tencentcloud/credentials), and none of the environment
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    #[command(flatten)]
    setup: SetupOptions,
    #[command(flatten)]
    log: LogOptions,
}

impl CheckCommand {
    pub(super) async fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        self.log.start();
        let profile = self.profile.as_deref().map(Profile::named).transpose()?;
        for warning in profile.iter().flat_map(|profile| &profile.warnings) {
            tracing::warn!("{warning}");
        }
        let setup = self.setup.setup_with_resources(profile.as_ref())?;
        let Setup {
            loader, answers, ..
        } = setup;
        let outcome = loader.load(&Stores::default()).await?;
        let mut rows = Vec::new();
        let mut good = outcome.fatal().is_none() && outcome.problems.is_empty();
        for served in outcome.stores.all() {
            let started = Instant::now();
            let pinged = served.store.ping().await;
            good &= pinged.is_ok();
            let took = started.elapsed().as_millis();
            let keys = loader
                .keys_of(served)
                .map(|keys| whose(keys, &answers.take()));
            rows.push(Row::served(served, &pinged, took, keys));
        }
        rows.extend(Row::failures(&outcome));
        if !rows.is_empty() {
            print(&rows);
        }
        for problem in &outcome.problems {
            println!("{}", line(&problem.to_string()));
        }
        if rows.is_empty() {
            println!("no secret store is in these folders");
        }
        Ok(ExitCode::from(u8::from(!good || rows.is_empty())))
    }
}

/// Where `keys` come from, with what was seen of those that came.
fn whose(mut keys: String, seen: &[KeysSeen]) -> String {
    if let Some(role) = seen.iter().find_map(|it| it.cvm_role.as_deref()) {
        keys.push_str(&format!(", the CVM's role is {role}"));
    }
    if let Some(last) = seen.last() {
        keys.push_str(&format!(", {} s left", last.left.as_secs()));
    }
    keys
}

struct Row {
    name: String,
    store_type: StoreType,
    status: &'static str,
    detail: String,
}

impl Row {
    fn served(
        served: &Served,
        pinged: &Result<(), CallError>,
        milliseconds: u128,
        keys: Option<String>,
    ) -> Self {
        let (status, mut detail) = match pinged {
            Ok(()) => ("ok", format!("answers in {milliseconds} ms")),
            Err(why) => ("no answer", why.describe()),
        };
        if let Some(keys) = keys {
            detail.push_str(&format!("; {keys}"));
        }
        Self {
            name: line(&served.name).into_owned(),
            store_type: served.store_type.clone(),
            status,
            detail: line(&detail).into_owned(),
        }
    }

    fn failures(outcome: &Outcome) -> impl Iterator<Item = Self> {
        outcome.failures.iter().map(|failure| Self {
            name: line(&failure.name).into_owned(),
            store_type: failure.store_type.clone(),
            status: if failure.ignored { "ignored" } else { "fails" },
            detail: line(&failure.problem.to_string()).into_owned(),
        })
    }
}

fn print(rows: &[Row]) {
    let widest = |column: fn(&Row) -> &str| {
        let widths = rows.iter().map(|row| column(row).chars().count());
        widths.max().unwrap_or_default().max(9)
    };
    let (name, kind) = (
        widest(|row| &row.name),
        widest(|row| row.store_type.as_str()),
    );
    println!("{:name$}  {:kind$}  {:9}  DETAIL", "NAME", "TYPE", "STATUS");
    for row in rows {
        println!(
            "{:name$}  {:kind$}  {:9}  {}",
            row.name,
            row.store_type.as_str(),
            row.status,
            row.detail
        );
    }
}
