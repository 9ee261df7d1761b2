//! What the command tells about itself: help, versions, completions, manual pages.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::support::{run, text};

/// What the command prints for `arguments`, which it takes.
fn printed(arguments: &[&str]) -> String {
    let output = run(arguments, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn options_stand_in_groups() {
    for (command, headings) in [
        ("plug", &["Sockets:", "Stores:", "Metrics:", "Log:"][..]),
        ("serve", &["APIs:", "Callers:", "Stores:", "Running:"]),
        ("check", &["Stores:", "What components may use:"]),
    ] {
        let help = printed(&[command, "--help"]);
        let lines: Vec<_> = help.lines().collect();
        for heading in headings {
            let count = lines.iter().filter(|line| *line == heading).count();
            assert_eq!(count, 1, "{command}: {heading}\n{help}");
        }
        // What nobody gave a group stands under this one.
        let rest = lines.iter().skip_while(|line| **line != "Options:").skip(1);
        let rest = rest.take_while(|line| line.is_empty() || line.starts_with(' '));
        let names: Vec<_> = rest
            .flat_map(|line| line.split([' ', ',']))
            .filter(|word| word.starts_with("--"))
            .collect();
        let is_general = |name: &&str| ["--help", "--version"].contains(name);
        assert!(names.iter().all(is_general), "{command}: {names:?}");
        assert!(!names.is_empty(), "{help}");
    }
}

#[test]
fn the_version_is_that_of_everything() {
    let lock = include_str!("../../../../Cargo.lock");
    let wasmtime = lock.split_once("name = \"wasmtime\"\nversion = \"");
    let wasmtime = wasmtime.and_then(|(_, rest)| rest.split_once('"')).unwrap();
    let ours = env!("CARGO_PKG_VERSION");
    let expected = format!(
        "dapr-wasm-host {ours}\ncomponent tencentcloud-ssm {ours}\n\
         contract dapr:secretstores@0.1.0\nwasmtime {}\n",
        wasmtime.0
    );
    assert_eq!(printed(&["--version"]), expected);
    assert_eq!(printed(&["-V"]), format!("dapr-wasm-host {ours}\n"));
    assert!(printed(&["serve", "--version"]).contains("\nwasmtime "));
}

#[test]
fn bash_completes_an_option() {
    let script = printed(&["completions", "bash"]);
    let ask = "
        COMP_WORDS=(dapr-wasm-host serve --resources-p) COMP_CWORD=2
        [[ $(complete -p dapr-wasm-host) =~ -F\\ ([^ ]+) ]]
        \"${BASH_REMATCH[1]}\" dapr-wasm-host --resources-p serve
        printf '%s\\n' \"${COMPREPLY[@]}\"
    ";
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc"]);
    let piped = bash.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut bash = piped.unwrap();
    let mut input = bash.stdin.take().unwrap();
    input.write_all((script + ask).as_bytes()).unwrap();
    drop(input);
    let output = bash.wait_with_output().unwrap();
    assert_eq!(text(&output.stdout).trim(), "--resources-path");
}

#[test]
fn every_shell_has_completions_and_an_unknown_one_none() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = printed(&["completions", shell]);
        assert!(script.contains("sockets-folder"), "{shell}");
    }
    assert_eq!(run(&["completions", "cmd"], &[]).status.code(), Some(2));
}

#[test]
fn there_is_a_manual_page_for_the_command_and_for_each_of_its_commands() {
    let page = printed(&["man"]);
    assert!(page.contains(".TH dapr-wasm-host 1"), "{page}");
    let page = printed(&["man", "serve"]);
    assert!(page.contains(".TH dapr-wasm-host-serve 1"), "{page}");
    assert!(page.contains("\\-\\-dapr\\-http\\-port"), "{page}");
    // Only taken for daprd's sake.
    assert!(!page.contains("placement"), "{page}");
    let output = run(&["man", "served"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no command \"served\""));
}
