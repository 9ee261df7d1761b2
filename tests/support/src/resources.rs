//! Components of the sample account.

use ssm_emulator::{SAMPLE_SECRET_ID, SAMPLE_SECRET_KEY};

/// The sample account's properties for a store at `endpoint`, with `more` in addition or instead.
pub fn properties(endpoint: &str, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let sample = [
        ("region", "ap-guangzhou"),
        ("secretId", SAMPLE_SECRET_ID),
        ("secretKey", SAMPLE_SECRET_KEY),
        ("endpoint", endpoint),
    ];
    let kept = sample
        .iter()
        .filter(|(name, _)| more.iter().all(|(other, _)| other != name));
    metadata(&kept.chain(more).copied().collect::<Vec<_>>())
}

/// A Component as Dapr's YAML.
pub fn component_yaml<N: AsRef<str>, V: AsRef<str>>(
    name: &str,
    kind: &str,
    items: &[(N, V)],
) -> String {
    let mut yaml = format!(
        "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\nspec:\n  type: {kind}\n  \
         version: v1\n  metadata:\n"
    );
    for (name, value) in items {
        let (name, value) = (name.as_ref(), value.as_ref());
        yaml.push_str(&format!("  - name: {name}\n    value: {value:?}\n"));
    }
    yaml
}

/// Pairs of name and value that own their texts, as properties and request metadata are.
pub fn metadata(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}
