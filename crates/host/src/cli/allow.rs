//! `--allow [TYPE=]ORIGIN`: which type may reach what.

use std::collections::BTreeMap;

use super::built_in::{BUILT_IN, WASM};
use crate::{outbound::Outbound, stores::StoreType};

/// The origins of all `--allow`, by type.
pub(super) struct Allowed {
    built_in: Vec<String>,
    others: BTreeMap<StoreType, Vec<String>>,
}

impl Allowed {
    pub(super) fn read(options: &[String]) -> Result<Self, String> {
        let mut allowed = Self {
            built_in: Vec::new(),
            others: BTreeMap::new(),
        };
        for option in options {
            let Some((name, origin)) = option.split_once('=') else {
                allowed.built_in.push(option.clone());
                continue;
            };
            let store_type: StoreType = name
                .parse()
                .map_err(|why| format!("--allow {option}: {name}: {why}"))?;
            let list = match store_type.as_str() {
                BUILT_IN | WASM => &mut allowed.built_in,
                _ => allowed.others.entry(store_type).or_default(),
            };
            list.push(origin.to_owned());
        }
        Ok(allowed)
    }

    /// `outbound` with what the built-in type may reach.
    pub(super) fn built_in(&self, outbound: &Outbound) -> Result<Outbound, String> {
        allowing(outbound, &self.built_in)
    }

    /// `outbound` with what `store_type` may reach, which is thereby used.
    pub(super) fn of(
        &mut self,
        store_type: &StoreType,
        outbound: &Outbound,
    ) -> Result<Outbound, String> {
        allowing(
            outbound,
            &self.others.remove(store_type).unwrap_or_default(),
        )
    }

    /// Whether there is a component for every type that was named.
    pub(super) fn all_used(&self) -> Result<(), String> {
        match self.others.keys().next() {
            Some(unused) => Err(format!(
                "--allow {unused}=…: no component serves that type; it is loaded with --component \
                 {unused}=FILE.wasm"
            )),
            None => Ok(()),
        }
    }
}

fn allowing(outbound: &Outbound, origins: &[String]) -> Result<Outbound, String> {
    outbound
        .allowing_patterns(origins.iter().map(String::as_str))
        .map_err(|why| format!("--allow: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[&str]) -> Result<Allowed, String> {
        let options: Vec<String> = options.iter().map(|it| (*it).to_owned()).collect();
        Allowed::read(&options)
    }

    #[test]
    fn an_origin_is_for_the_type_before_it_and_else_for_the_built_in_one() {
        let allowed = read(&[
            "https://a.example",
            "secretstores.Tencentcloud.ssm=https://b.example",
            "secretstores.x=https://c.example",
        ]);
        let allowed = allowed.unwrap();
        assert_eq!(allowed.built_in, ["https://a.example", "https://b.example"]);
        let other = &allowed.others[&"secretstores.x".parse().unwrap()];
        assert_eq!(other, &["https://c.example"]);
        let why = allowed.all_used().unwrap_err();
        assert!(why.contains("secretstores.x"), "{why}");
    }

    #[test]
    fn what_is_no_type_or_no_origin_is_refused() {
        assert!(read(&["state.redis=https://a.example"]).is_err());
        let allowed = read(&["not an origin"]).unwrap();
        let outbound = Outbound::builder().native_roots(false).build().unwrap();
        assert!(allowed.built_in(&outbound).is_err());
    }
}
