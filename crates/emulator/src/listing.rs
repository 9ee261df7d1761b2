//! ListSecrets on the emulator's secrets.

use serde_json::{Value as Json, json};

use crate::{
    Behaviour, Config, Secret,
    lookup::{in_region, metadata},
    reply::ApiError,
};

/// `Limit` when none is given.
const DEFAULT_LIMIT: usize = 20;

/// ListSecrets: which secrets there are, page by page, never with a value.
pub(crate) fn list_secrets(config: &Config, region: &str, body: &Json) -> Result<Json, ApiError> {
    let behaviour = &config.behaviour;
    let number = |name: &str| match &body[name] {
        Json::Null => Ok(0),
        value => value.as_u64().ok_or_else(|| ApiError::invalid(name)),
    };
    let offset = number("Offset")? as usize;
    let limit = match number("Limit")? as usize {
        0 => DEFAULT_LIMIT,
        limit => limit.min(behaviour.max_limit.unwrap_or(usize::MAX)),
    };
    let state = match number("State")? {
        0 => None,
        state @ 1..=5 => {
            let names = ["Enabled", "Disabled", "PendingDelete", "Creating", "Failed"];
            Some(names[state as usize - 1])
        }
        _ => return Err(ApiError::invalid("State")),
    };
    let secret_type = number("SecretType")?;
    if secret_type > 4 || secret_type == 4 && !behaviour.redis_is_listed {
        return Err(ApiError::invalid("SecretType"));
    }
    let products = products(body, secret_type)?;
    let tags = tag_filters(body)?;
    let search = body["SearchSecretName"].as_str().unwrap_or_default();
    let matches = |secret: &&Secret| {
        in_region(secret, region)
            && secret.secret_type == secret_type
            && state.is_none_or(|state| secret.status == state)
            && found_by(&secret.name, search, behaviour)
            && (products.is_empty() || products.contains(&secret.product.as_deref()))
            && tags.iter().all(|filter| filter.matches(secret))
    };
    // Secrets are kept in the order in which they were made.
    let mut matching: Vec<&Secret> = config.secrets.iter().filter(matches).collect();
    match number("OrderType")? {
        0 => matching.reverse(),
        1 => {}
        _ => return Err(ApiError::invalid("OrderType")),
    }
    let page = matching.iter().skip(offset).take(limit);
    let items: Vec<Json> = page.map(|secret| metadata(secret)).collect();
    Ok(json!({ "TotalCount": matching.len(), "SecretMetadatas": items }))
}

fn found_by(name: &str, search: &str, behaviour: &Behaviour) -> bool {
    if behaviour.search_is_exact && !search.is_empty() {
        name == search
    } else {
        name.contains(search)
    }
}

/// `ProductName`: one or more, with commas between, and only for secrets of databases.
fn products(body: &Json, secret_type: u64) -> Result<Vec<Option<&str>>, ApiError> {
    match &body["ProductName"] {
        Json::Null => Ok(Vec::new()),
        Json::String(names) if secret_type == 1 && !names.is_empty() => {
            Ok(names.split(',').map(Some).collect())
        }
        Json::String(names) if names.is_empty() => Ok(Vec::new()),
        _ => Err(ApiError::invalid("ProductName")),
    }
}

/// One of `TagFilters`.
struct TagFilter<'a> {
    key: &'a str,
    /// Any of them; with none, any value at all.
    values: Vec<&'a str>,
}

impl TagFilter<'_> {
    fn matches(&self, secret: &Secret) -> bool {
        let mut tags = secret.tags.iter();
        tags.any(|(key, value)| {
            key == self.key && (self.values.is_empty() || self.values.contains(&value.as_str()))
        })
    }
}

/// `TagFilters`: a secret matches if it matches all of them.
fn tag_filters(body: &Json) -> Result<Vec<TagFilter<'_>>, ApiError> {
    let wrong = || ApiError::invalid("TagFilters");
    let filters = match &body["TagFilters"] {
        Json::Null => return Ok(Vec::new()),
        filters => filters.as_array().ok_or_else(wrong)?,
    };
    filters
        .iter()
        .map(|filter| {
            let key = filter["TagKey"].as_str().filter(|key| !key.is_empty());
            let values = match &filter["TagValue"] {
                Json::Null => Some(Vec::new()),
                values => values
                    .as_array()
                    .and_then(|values| values.iter().map(Json::as_str).collect()),
            };
            Some(TagFilter {
                key: key?,
                values: values?,
            })
        })
        .collect::<Option<Vec<_>>>()
        .ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGION: &str = "ap-guangzhou";

    fn list(config: &Config, body: &Json) -> (u64, Vec<String>) {
        let page = list_secrets(config, REGION, body).unwrap();
        let names = page["SecretMetadatas"].as_array().unwrap().iter();
        let names = names.map(|item| item["SecretName"].as_str().unwrap().to_owned());
        (page["TotalCount"].as_u64().unwrap(), names.collect())
    }

    fn code(config: &Config, body: &Json) -> String {
        list_secrets(config, REGION, body).unwrap_err().code
    }

    #[test]
    fn lists_page_by_offset_and_default_to_twenty_custom_secrets() {
        let mut config = Config::default();
        for number in 0..45 {
            let name = format!("s{number:02}");
            config.secrets.push(Secret::text(&name, "v1", "x"));
        }
        let database = Secret::text("db", "v1", "x").product("Mysql");
        config.secrets.push(database);
        let (total, names) = list(&config, &json!({}));
        assert_eq!((total, names.len(), names[0].as_str()), (45, 20, "s44"));
        let last = json!({"Offset": 40, "Limit": 100, "OrderType": 1});
        assert_eq!(list(&config, &last).1, ["s40", "s41", "s42", "s43", "s44"]);
        assert_eq!(list(&config, &json!({"State": 2})).0, 0);
        assert_eq!(list(&config, &json!({"SearchSecretName": "s0"})).0, 10);
        assert_eq!(code(&config, &json!({"State": 9})), "InvalidParameterValue");
    }

    #[test]
    fn each_type_is_listed_by_itself_and_databases_by_product_too() {
        let mut config = Config::sample();
        let postgres = Secret::database("ledger", "Postgresql", "root", "x");
        config.secrets.push(postgres);
        let names = |secret_type: u64| list(&config, &json!({"SecretType": secret_type})).1;
        assert_eq!(names(1), ["ledger", "orders-mysql"]);
        assert_eq!(names(2), ["deploy-key"]);
        assert_eq!(names(3), [] as [String; 0]);
        assert_eq!(names(4), ["sessions-redis"]);
        let product = |name: &str| json!({"SecretType": 1, "ProductName": name});
        assert_eq!(list(&config, &product("Mysql")).1, ["orders-mysql"]);
        assert_eq!(list(&config, &product("Mysql,Postgresql")).0, 2);
        let invalid = "InvalidParameterValue";
        assert_eq!(code(&config, &json!({"ProductName": "Mysql"})), invalid);
        assert_eq!(code(&config, &json!({"SecretType": 5})), invalid);
        let mut narrow = config.clone();
        narrow.behaviour.redis_is_listed = false;
        assert_eq!(code(&narrow, &json!({"SecretType": 4})), invalid);
    }

    #[test]
    fn tags_narrow_down_all_keys_and_any_value() {
        let config = Config::sample();
        let tagged =
            |filters: Json| list(&config, &json!({"TagFilters": filters, "OrderType": 1})).1;
        let both = json!([
            {"TagKey": "env", "TagValue": ["prod"]}, {"TagKey": "team", "TagValue": ["a", "b"]}
        ]);
        assert_eq!(tagged(both), ["api-token", "db-password"]);
        let one = json!([
            {"TagKey": "env", "TagValue": ["prod"]}, {"TagKey": "team", "TagValue": ["b"]}
        ]);
        assert_eq!(tagged(one), ["db-password"]);
        assert_eq!(tagged(json!([{"TagKey": "env"}])).len(), 3);
        assert_eq!(
            tagged(json!([{"TagKey": "no-such", "TagValue": ["x"]}])).len(),
            0
        );
        for wrong in [
            json!("env"),
            json!([{"TagKey": "env", "TagValue": "prod"}]),
            json!([{"TagValue": ["prod"]}]),
            json!([{"TagKey": "env", "TagValue": [1]}]),
        ] {
            let body = json!({"TagFilters": wrong});
            assert_eq!(code(&config, &body), "InvalidParameterValue", "{body}");
        }
    }
}
