//! What the command tells about itself: help, versions, completions, manual pages.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::Path,
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
    for command in ["plug", "serve", "check", "completions", "man"] {
        assert_eq!(printed(&[command, "--version"]), expected);
        assert_eq!(
            printed(&[command, "-V"]),
            format!("dapr-wasm-host {ours}\n")
        );
    }
}

/// The names of variables in the source of the host that ask the environment for them.
fn asked_variables(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            asked_variables(&path, names);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for call in ["set(\"", "either(\"", "var(\"", "var_os(\""] {
            let asked = source.split(call).skip(1);
            let asked = asked.filter_map(|rest| rest.split_once("\")"));
            let is_name = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
            let asked = asked.filter(|(name, _)| !name.is_empty() && name.bytes().all(is_name));
            names.extend(asked.map(|(name, _)| name.to_owned()));
        }
    }
}

#[test]
fn help_and_manual_name_the_variables_of_the_environment() {
    let mut names = BTreeSet::from(["TENCENTCLOUD_".to_owned(), "TKE_".to_owned()]);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    asked_variables(&source, &mut names);
    // Of `cargo run -- get`.
    assert!(names.remove("TCCLI_PROFILE"));
    for name in ["HTTPS_PROXY", "NAMESPACE", "SSL_CERT_FILE", "DAPR_ENV_KEYS"] {
        assert!(names.contains(name), "{names:?}");
    }
    let own: [(&str, &[&str]); 3] = [
        ("plug", &["DAPR_COMPONENTS_SOCKETS_FOLDER", "NOTIFY_SOCKET"]),
        ("serve", &["DAPR_API_TOKEN", "NOTIFY_SOCKET"]),
        ("check", &[]),
    ];
    for (command, own) in own {
        let all = names.iter().map(String::as_str);
        let all: Vec<_> = all.chain(own.iter().copied()).collect();
        for shown in [
            printed(&[command, "--help"]),
            printed(&["man", command]).replace('\\', ""),
        ] {
            assert_eq!(shown.matches("Environment:").count(), 1, "{shown}");
            for name in &all {
                assert!(shown.contains(name), "{command}: {name} is not in {shown}");
            }
        }
    }
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
