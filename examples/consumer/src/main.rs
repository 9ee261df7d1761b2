//! An application that asks an HTTP API for the weather and takes the API's key from whatever
//! secret store it is composed with.

#[cfg(target_family = "wasm")]
mod app {
    use std::{env, error::Error};

    wit_bindgen::generate!({
        inline: "
            package example:consumer;
            world app {
                import dapr:secretstores/store@0.1.0;
            }
        ",
        // In a copy of this folder: where you put the contract, wit/secretstores.wit.
        path: "../../wit",
        generate_all,
    });
    use dapr::secretstores::store;

    pub fn run() -> Result<(), Box<dyn Error>> {
        let api = env::var("API_URL").map_err(|_| "set API_URL")?;
        let secret = store::get("api-token", &[])
            .map_err(|error| format!("the API's key: {}", error.message))?;
        let (_, key) = secret.data.first().ok_or("the API's key is empty")?;
        let answer = waki::Client::new()
            .get(&api)
            .header("authorization", format!("Bearer {key}"))
            .send()?;
        let status = answer.status_code();
        let body = String::from_utf8(answer.body()?)?;
        if status != 200 {
            return Err(format!("{api} answers {status}: {body}").into());
        }
        println!("{}", body.trim_end());
        Ok(())
    }
}

#[cfg(target_family = "wasm")]
fn main() -> std::process::ExitCode {
    match app::run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_family = "wasm"))]
fn main() {
    eprintln!("this is a WASI command: see README.md");
}
