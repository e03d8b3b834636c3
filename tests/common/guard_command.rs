//! The command of the engine that evaluates guard rules.

use cfn_guard::commands::Executable;
use cfn_guard::commands::validate::{OutputFormatType, ShowSummaryType};
use cfn_guard::utils::reader::{ReadBuffer, Reader};
use cfn_guard::utils::writer::{WriteBuffer, Writer};
use cfn_guard::{CommandBuilder, ValidateBuilder};
use serde_json::{Value, json};

/// What it reports of each document.
#[track_caller]
pub fn reports(rules: &str, documents: &[String]) -> Vec<Value> {
    let payload = json!({"rules": [rules], "data": documents}).to_string();
    let command = ValidateBuilder::default()
        .payload(true)
        .structured(true)
        .output_format(OutputFormatType::JSON)
        .show_summary(vec![ShowSummaryType::None])
        .try_build()
        .unwrap();
    let mut reader = Reader::new(ReadBuffer::Cursor(std::io::Cursor::new(payload.into_bytes())));
    let mut writer = Writer::new_with_err(WriteBuffer::Vec(Vec::new()), WriteBuffer::Vec(Vec::new())).unwrap();
    command.execute(&mut writer, &mut reader).unwrap();
    serde_json::from_str(&writer.into_string().unwrap()).unwrap()
}
