//! What `{:?}` shows of all public types that can hold a key or a value.

use std::collections::HashMap;

use dapr_wasm_host::{
    InstanceOptions, Secret,
    contract::StoreError,
    grpc::proto::{components, runtime},
};

const SECRET: &str = "hunter2";

fn pair() -> (String, String) {
    ("name".to_owned(), SECRET.to_owned())
}

fn named<T>(value: T) -> HashMap<String, T> {
    HashMap::from([("name".to_owned(), value)])
}

#[test]
fn nothing_that_can_hold_a_secret_shows_it() {
    let data = || [pair()].into_iter().collect();
    let properties = components::MetadataRequest { properties: data() };
    let part = components::SecretResponse { secrets: data() };
    let said = [
        format!(
            "{:?}",
            InstanceOptions {
                env: vec![pair()],
                output: None
            }
        ),
        format!(
            "{:?}",
            Secret {
                name: "name".to_owned(),
                data: vec![("name".to_owned(), SECRET.to_owned().into())],
                version_id: String::new(),
                request_id: String::new(),
            }
        ),
        format!("{properties:?}"),
        format!(
            "{:?}",
            components::SecretStoreInitRequest {
                metadata: Some(properties)
            }
        ),
        format!("{:?}", components::GetSecretResponse { data: data() }),
        format!(
            "{:?}",
            components::BulkGetSecretResponse {
                data: named(part.clone())
            }
        ),
        format!("{part:?}"),
        format!("{:?}", runtime::GetSecretResponse { data: data() }),
        format!(
            "{:?}",
            runtime::GetBulkSecretResponse {
                data: named(runtime::SecretResponse { secrets: data() }),
            }
        ),
        format!("{:?}", runtime::SecretResponse { secrets: data() }),
    ];
    for text in said {
        assert!(text.contains("name"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

/// `Properties`, `Environment`, `Outbound` and what holds them have no `Debug` at all.
#[test]
fn what_holds_configuration_has_none() {
    macro_rules! has_no_debug {
        ($($name:ty),* $(,)?) => {$({
            // Ambiguous, and so no program, if the type has one.
            trait Without<A> {
                fn is_without() {}
            }
            impl<T: ?Sized> Without<()> for T {}
            impl<T: ?Sized + std::fmt::Debug> Without<u8> for T {}
            let _ = <$name as Without<_>>::is_without;
        })*};
    }
    has_no_debug!(
        dapr_wasm_host::stores::Properties,
        dapr_wasm_host::stores::Environment,
        dapr_wasm_host::stores::Needs,
        dapr_wasm_host::stores::Grants,
        dapr_wasm_host::Output,
        dapr_wasm_host::Outbound,
        dapr_wasm_host::SecretStore,
    );
    // An error has one, and what is in it is for people's eyes.
    let _ = |error: StoreError| format!("{error:?}");
}
