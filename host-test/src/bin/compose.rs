//! Builds the fronts and composes each with the store: `just compose`.

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use host_test::component::{command, gateway};

    let folder = std::env::args_os().nth(1).ok_or("into which folder?")?;
    for (name, composed) in [
        ("ssm-cli.wasm", command()?),
        ("ssm-gateway.wasm", gateway()?),
    ] {
        let file = std::path::Path::new(&folder).join(name);
        std::fs::write(&file, &composed)?;
        println!("{} ({} bytes)", file.display(), composed.len());
    }
    Ok(())
}
