//! Builds the fronts and composes each with the store: `just compose`.

#[cfg(target_family = "wasm")]
fn main() {}

#[cfg(not(target_family = "wasm"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args_os().nth(1).ok_or("into which folder?")?;
    let file = std::path::Path::new(&folder).join("ssm-cli.wasm");
    let composed = host_test::component::command()?;
    std::fs::write(&file, &composed)?;
    println!("{} ({} bytes)", file.display(), composed.len());
    Ok(())
}
