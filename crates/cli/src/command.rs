//! From the command line to calls of the store.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use dapr_secretstores::{Error, Secret, bulk_get, get, ping};
use secrets_cli::{
    arguments::{Action, Arguments, Many},
    output,
};
use serde_json::{Map, Value, json};

pub(crate) fn main() -> ExitCode {
    let action = Arguments::parse().action;
    let json = action.json();
    let printed = match run(action) {
        Ok(None) => return ExitCode::SUCCESS,
        Ok(Some(text)) => print(&text),
        Err(error) => Err(describe(json, &error)),
    };
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // Where even this cannot be written, the exit status remains.
            let _ = writeln!(io::stderr(), "{why}");
            ExitCode::FAILURE
        }
    }
}

fn run(action: Action) -> Result<Option<String>, Error> {
    match action {
        Action::Get {
            name,
            version,
            json,
        } => {
            let version = version.map(|version| ("version_id".to_owned(), version));
            let metadata: Vec<_> = version.into_iter().collect();
            let secret = get(&name, &metadata)?;
            let whole = || {
                json!({
                    "name": secret.name,
                    "data": output::object(&secret.data),
                    "versionId": secret.version_id,
                    "requestId": secret.request_id,
                })
            };
            Ok(Some(if json {
                whole().to_string()
            } else {
                output::plain(&secret.data)
            }))
        }
        Action::List { many } => {
            let secrets = bulk(&many)?;
            let names: Vec<String> = secrets.into_iter().map(|secret| secret.name).collect();
            Ok((!names.is_empty()).then(|| names.join("\n")))
        }
        Action::Bulk { many } => {
            let secrets = bulk(&many)?.into_iter();
            let all = secrets.map(|secret| (secret.name, output::object(&secret.data)));
            Ok(Some(Value::Object(all.collect::<Map<_, _>>()).to_string()))
        }
        Action::Ping { .. } => ping().map(|()| None),
    }
}

fn bulk(many: &Many) -> Result<Vec<Secret>, Error> {
    let names = (!many.names.is_empty()).then(|| ("names".to_owned(), many.names.join(",")));
    let metadata: Vec<_> = names.into_iter().collect();
    bulk_get(&metadata)
}

fn print(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    written.map_err(|why| format!("internal: standard output does not take the secret: {why}"))
}

fn describe(json: bool, error: &Error) -> String {
    let (code, request_id) = (error.code.as_deref(), error.request_id.as_deref());
    output::failure(
        json,
        error.kind().name(),
        &error.message,
        code,
        request_id,
        error.retryable,
    )
}
