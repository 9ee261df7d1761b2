//! `dapr-wasm-host check`.

use std::{error::Error, process::ExitCode, time::Instant};

use clap::Args;

use super::{
    built_in::{self, KeysSeen, StoresKeys},
    escape::line,
    identity,
    log::LogOptions,
    profile::Profile,
    setup::{STORES, Setup, SetupOptions},
    variables::after_help,
};
use crate::{
    contract::CallError,
    loader::{Outcome, Served, Stores},
    stores::{StoreType, environment},
};

#[derive(Args)]
#[command(after_help = after_help!("", ""))]
pub(super) struct CheckCommand {
    /// Give stores that have no keys of their own those of a profile of tccli (`default`: also those
    /// of ~/.tencentcloud/credentials), and none of the environment
    #[arg(long, value_name = "NAME", help_heading = STORES)]
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
        let keys_of_stores = StoresKeys::remembering();
        let Setup {
            loader, outbound, ..
        } = self
            .setup
            .setup_with_resources(profile.as_ref(), &keys_of_stores)?;
        let variables = built_in::variables(environment::all(), profile.as_ref());
        let outcome = loader.load(&Stores::default()).await?;
        let mut rows = Vec::new();
        let mut good = outcome.fatal().is_none() && outcome.problems.is_empty();
        for served in outcome.stores.all() {
            let started = Instant::now();
            let pinged = served.store.ping().await;
            good &= pinged.is_ok();
            let took = started.elapsed().as_millis();
            let mut row = Row::served(served, &pinged, took);
            if let Some(keys) = loader.keys_of(served) {
                let seen = keys_of_stores.of(served.properties()).seen();
                row.detail
                    .push_str(&format!("; {}", line(&with_seen(keys, &seen))));
                let asked = built_in::whom_to_ask(served.properties(), &variables);
                let last = seen.into_iter().next_back().and_then(|it| it.keys);
                if let Some((sts, given)) = asked
                    && let Some(keys) = last.or(given)
                {
                    let said = identity::ask(&outbound, &sts, &keys).await;
                    let said = said.unwrap_or_else(|why| format!("as whom is not known: {why}"));
                    row.detail.push_str(&format!(": {}", line(&said)));
                }
            }
            rows.push(row);
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
fn with_seen(mut keys: String, seen: &[KeysSeen]) -> String {
    if let Some(role) = seen.iter().find_map(|it| it.cvm_role.as_deref()) {
        keys.push_str(&format!(", the CVM's role is {role}"));
    }
    if let Some(last) = seen.last() {
        let seconds = last.left.as_secs();
        let left = match seconds {
            0..120 => format!("{seconds} s"),
            172_800.. => "days".to_owned(),
            _ => format!("{} min", seconds / 60),
        };
        keys.push_str(&format!(", {left} left"));
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
    fn served(served: &Served, pinged: &Result<(), CallError>, milliseconds: u128) -> Self {
        let (status, detail) = match pinged {
            Ok(()) => ("ok", format!("answers in {milliseconds} ms")),
            Err(why) => ("no answer", why.describe()),
        };
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
