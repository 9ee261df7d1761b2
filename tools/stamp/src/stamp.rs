//! What a component is, as custom sections of it.

use std::{path::Path, process::Command};

use anyhow::{Context, Result};
use serde_json::json;
use wasm_encoder::{Component, ComponentSection, CustomSection, RawSection};
use wasm_metadata::{
    AddMetadata, AddMetadataField, Description, Licenses, Payload, Revision, Source, Version,
};
use wasmparser::Parser;
use wit_parser::{PackageMetadata, Resolve};

/// The form of the section `package-docs` that is written: JSON after this byte.
const DOCS_FORM: u8 = 1;

/// The names of a component's parts, and its own.
const NAMES: &str = "component-name";

/// `component` with its metadata, and without the names of its parts, which are for those who print it
/// and a thirtieth of the store; `None` if it has a name already.
pub(crate) fn stamp(component: &[u8], name: &str, description: &str) -> Result<Option<Vec<u8>>> {
    let known = Payload::from_binary(component)?;
    if known.metadata().name.is_some() {
        return Ok(None);
    }
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(name.to_owned());
    metadata.description = AddMetadataField::Set(Description::new(description.to_owned()));
    metadata.version = AddMetadataField::Set(Version::new(env!("CARGO_PKG_VERSION").to_owned()));
    metadata.licenses = AddMetadataField::Set(Licenses::new(env!("CARGO_PKG_LICENSE"))?);
    if let Some(source) = git(&["remote", "get-url", "origin"]).filter(|url| is_public(url)) {
        metadata.source = AddMetadataField::Set(Source::new(&source)?);
    }
    if let Some(revision) = git(&[
        "describe",
        "--always",
        "--abbrev=40",
        "--exclude=*",
        "--dirty",
    ]) {
        metadata.revision = AddMetadataField::Set(Revision::new(revision));
    }
    let mut stamped = metadata.to_wasm(&without_names(component)?)?;
    if has_docs(component)? {
        return Ok(Some(stamped));
    }
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let docs = json!({ "docs": format!("{description}.\n\n{}", summary(&contract)?) });
    let mut data = vec![DOCS_FORM];
    serde_json::to_writer(&mut data, &docs)?;
    let section = CustomSection {
        name: PackageMetadata::SECTION_NAME.into(),
        data: data.into(),
    };
    section.append_to_component(&mut stamped);
    Ok(Some(stamped))
}

/// `component` without the section of names at its top; what is nested in it stays as it is.
fn without_names(component: &[u8]) -> Result<Vec<u8>> {
    let mut bare = Component::HEADER.to_vec();
    let mut end = 0;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section().filter(|(_, range)| range.start >= end) else {
            continue;
        };
        end = range.end;
        let is_names = matches!(&payload, wasmparser::Payload::CustomSection(section) if section.name() == NAMES);
        if !is_names {
            let data = &component[usize::try_from(range.start)?..usize::try_from(range.end)?];
            RawSection { id, data }.append_to_component(&mut bare);
        }
    }
    Ok(bare)
}

/// Whether docs are in `component` or in one of those that it is composed of: with two of them in one
/// file, nothing that reads WIT takes it.
fn has_docs(component: &[u8]) -> Result<bool> {
    for payload in Parser::new(0).parse_all(component) {
        if let wasmparser::Payload::CustomSection(section) = payload?
            && section.name() == PackageMetadata::SECTION_NAME
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What each function of the contract is for, in its own words: the first paragraphs of their docs.
/// A component's binary form has room for docs of its own world, not for those of an interface.
fn summary(contract: &Path) -> Result<String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(contract)?;
    let package = &resolve.packages[package];
    let store = package
        .interfaces
        .get("store")
        .context("no interface store")?;
    let mut text = format!("{}/store:\n", package.name);
    for function in resolve.interfaces[*store].functions.values() {
        let docs = function.docs.contents.as_deref().unwrap_or_default();
        let first = docs.split("\n\n").next().unwrap_or_default();
        text += &format!("- {}: {}\n", function.name, first.replace('\n', " "));
    }
    Ok(text)
}

/// One line of what git says here, if it is there.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// Whether others can use it, and it holds no name or password.
fn is_public(url: &str) -> bool {
    url.starts_with("https://") && !url.contains('@')
}

#[cfg(test)]
mod tests {
    use wasm_encoder::ComponentSectionId;

    use super::*;

    /// `(component)`
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn registries_and_people_find_what_it_is() {
        let stamped = stamp(EMPTY, "a-store", "Keeps secrets").unwrap().unwrap();
        let payload = Payload::from_binary(&stamped).unwrap();
        let metadata = payload.metadata();
        assert_eq!(metadata.name.as_deref(), Some("a-store"));
        let description = metadata.description.as_ref().unwrap();
        assert_eq!(description.to_string(), "Keeps secrets");
        assert_eq!(
            metadata.licenses.as_ref().unwrap().to_string(),
            "Apache-2.0"
        );
        let version = metadata.version.as_ref().unwrap();
        assert_eq!(version.to_string(), env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn the_contract_is_summed_up_where_wit_is_shown() {
        let stamped = stamp(EMPTY, "a-store", "Keeps secrets").unwrap().unwrap();
        let decoded = wit_component::decode(&stamped).unwrap();
        let package = &decoded.resolve().packages[decoded.package()];
        let docs = package.docs.contents.as_deref().unwrap();
        assert!(
            docs.starts_with("Keeps secrets.\n\ndapr:secretstores@0.1.0/store:\n- init: "),
            "{docs}"
        );
        for function in ["features", "get", "bulk-get", "ping"] {
            assert!(docs.contains(&format!("\n- {function}: ")), "{docs}");
        }
    }

    #[test]
    fn names_of_parts_go_and_nothing_else_does() {
        let custom = |name: &'static str| CustomSection {
            name: name.into(),
            data: b"data"[..].into(),
        };
        let with = |names: &[&'static str], inner: &[u8]| {
            let mut component = EMPTY.to_vec();
            let id = ComponentSectionId::Component.into();
            RawSection { id, data: inner }.append_to_component(&mut component);
            for name in names {
                custom(name).append_to_component(&mut component);
            }
            component
        };
        let inner = with(&[NAMES, "producers"], EMPTY);
        let bare = without_names(&with(&["a", NAMES, "b"], &inner)).unwrap();
        assert_eq!(bare, with(&["a", "b"], &inner));
        assert_eq!(without_names(&bare).unwrap(), bare);
    }

    #[test]
    fn what_is_composed_of_stamped_components_has_docs_once() {
        let inner = stamp(EMPTY, "a-store", "Keeps secrets").unwrap().unwrap();
        let mut outer = EMPTY.to_vec();
        RawSection {
            id: ComponentSectionId::Component.into(),
            data: &inner,
        }
        .append_to_component(&mut outer);
        let stamped = stamp(&outer, "a-front", "Asks for secrets")
            .unwrap()
            .unwrap();
        // As registries and hosts do: it fails on a second one.
        wit_component::decode(&stamped).unwrap();
        let payload = Payload::from_binary(&stamped).unwrap();
        assert_eq!(payload.metadata().name.as_deref(), Some("a-front"));
    }

    #[test]
    fn what_is_stamped_is_left_alone() {
        let stamped = stamp(EMPTY, "a-store", "Keeps secrets").unwrap().unwrap();
        assert!(stamp(&stamped, "other", "Other").unwrap().is_none());
    }

    #[test]
    fn a_source_is_named_only_if_others_can_use_it() {
        assert!(is_public("https://example.com/repository"));
        for private in [
            "/srv/git",
            "git@example.com:x",
            "https://me:token@example.com/x",
        ] {
            assert!(!is_public(private));
        }
    }
}
