//! Sees to it that components can be built, before Cargo has compiled anything that takes long.

#[path = "src/target.rs"]
mod target;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/target.rs");
    match target::ensure(|doing| println!("cargo::warning={doing}")) {
        // Should it be removed later, this runs again.
        Ok(libdir) => println!("cargo::rerun-if-changed={}", libdir.display()),
        Err(advice) => {
            for line in advice.lines() {
                println!("cargo::error={line}");
            }
        }
    }
}
