//! Which secrets a bulk read is about: the settings `secretTypes` and `tagFilters`.

use alloc::{borrow::ToOwned, vec::Vec};

use ssm::{Error, SecretType, TagFilter};

/// The value of `secretTypes`: names of types, separated by commas.
pub(crate) fn secret_types(text: &str) -> Result<Vec<SecretType>, Error> {
    let mut types = Vec::new();
    for name in text.split(',') {
        let Some(kind) = SecretType::parse(name.trim()) else {
            return Err(Error::invalid_config(
                "secretTypes is malformed: write one or more of custom, database, ssh-key, \
                 cloud-api-key and redis, separated by commas",
            ));
        };
        if !types.contains(&kind) {
            types.push(kind);
        }
    }
    Ok(types)
}

/// The value of `tagFilters`: `key=value` or `key=value|value`, separated by commas. A key ends at the
/// first `=`, so values may hold it.
pub(crate) fn tag_filters(text: &str) -> Result<Vec<TagFilter>, Error> {
    let mut filters: Vec<TagFilter> = Vec::new();
    for tag in text.split(',') {
        let (key, values) = tag.split_once('=').unwrap_or((tag, ""));
        let mut filter = TagFilter {
            tag_key: key.trim().to_owned(),
            tag_value: Vec::new(),
        };
        let mut complete = !filter.tag_key.is_empty();
        for value in values.split('|') {
            complete &= !value.trim().is_empty();
            filter.tag_value.push(value.trim().to_owned());
        }
        let wrong = if !complete {
            "has a tag without a key or a value"
        } else if filters.iter().any(|known| known.tag_key == filter.tag_key) {
            "names a key twice"
        } else {
            filters.push(filter);
            continue;
        };
        let form = ": write it as env=prod,team=a|b";
        return Err(Error::invalid_config(["tagFilters ", wrong, form].concat()));
    }
    Ok(filters)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    #[test]
    fn types_are_read_by_their_names_in_any_case_and_each_once() {
        use SecretType::*;
        for (text, types) in [
            ("custom", &[Custom][..]),
            (" Custom , SSH-KEY", &[Custom, SshKey]),
            ("redis,database,redis", &[Redis, Database]),
            ("cloud-api-key", &[CloudApiKey]),
        ] {
            assert_eq!(secret_types(text).unwrap(), types, "{text}");
        }
    }

    #[test]
    fn what_is_no_type_is_refused_by_the_name_of_the_setting_and_with_the_types() {
        for text in [
            "",
            "s3cr3t",
            "custom,",
            "custom,,redis",
            "custom;redis",
            "all",
        ] {
            let error = secret_types(text).unwrap_err();
            assert_eq!(error.kind, ssm::ErrorKind::InvalidConfig);
            assert!(error.message.starts_with("secretTypes"), "{error}");
            assert!(
                error.message.contains("custom, database, ssh-key"),
                "{error}"
            );
            assert!(!error.message.contains("s3cr3t"), "{error}");
        }
    }

    fn filters(text: &str) -> Vec<(String, Vec<String>)> {
        let filters = tag_filters(text).unwrap();
        let pair = |it: TagFilter| (it.tag_key, it.tag_value);
        filters.into_iter().map(pair).collect()
    }

    fn own(tags: &[(&str, &[&str])]) -> Vec<(String, Vec<String>)> {
        let own = |values: &[&str]| values.iter().map(ToString::to_string).collect();
        tags.iter()
            .map(|(key, values)| (key.to_string(), own(values)))
            .collect()
    }

    #[test]
    fn tags_are_read_with_their_values() {
        for (text, tags) in [
            ("env=prod", own(&[("env", &["prod"])])),
            (
                " env = prod , team = a | b ",
                own(&[("env", &["prod"]), ("team", &["a", "b"])]),
            ),
            ("a=b=c", own(&[("a", &["b=c"])])),
            ("环境=生产", own(&[("环境", &["生产"])])),
        ] {
            assert_eq!(filters(text), tags, "{text}");
        }
    }

    #[test]
    fn what_is_no_tag_is_refused_with_what_is_wrong() {
        for (text, wrong) in [
            ("", "without a key or a value"),
            ("s3cr3t", "without a key or a value"),
            ("env=prod,", "without a key or a value"),
            ("=s3cr3t", "without a key or a value"),
            ("env=", "without a key or a value"),
            ("env=a||s3cr3t", "without a key or a value"),
            ("env=a,team=b,env=s3cr3t", "key twice"),
        ] {
            let error = tag_filters(text).unwrap_err();
            assert_eq!(error.kind, ssm::ErrorKind::InvalidConfig);
            assert!(error.message.starts_with("tagFilters"), "{error}");
            assert!(error.message.contains(wrong), "{text}: {error}");
            assert!(!error.message.contains("s3cr3t"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_as_tags_is_read_as_them(
            tags in vec(("[a-z0-9:/]{1,8}", vec("[a-z0-9=:@é]{1,8}", 1..4)), 1..6),
            space in " {0,2}",
        ) {
            let mut tags = tags;
            tags.sort();
            tags.dedup_by(|one, other| one.0 == other.0);
            let text: Vec<String> = tags
                .iter()
                .map(|(key, values)| {
                    let values = values.join(&format!("{space}|{space}"));
                    format!("{space}{key}{space}={space}{values}{space}")
                })
                .collect();
            prop_assert_eq!(filters(&text.join(",")), tags);
        }

        #[test]
        fn nothing_that_is_given_is_quoted(text in "s3cr3t[a-z=,| ]{0,12}") {
            for error in [tag_filters(&text).err(), secret_types(&text).err()] {
                prop_assert!(error.is_none_or(|error| !error.message.contains("s3cr3t")));
            }
        }
    }
}
