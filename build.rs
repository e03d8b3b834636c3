//! Has the program built anew when a rule or a template is added: of what is embedded, cargo knows only the files that it
//! found before.

fn main() {
    for embedded in ["rules", "templates"] {
        println!("cargo::rerun-if-changed={embedded}");
    }
}
