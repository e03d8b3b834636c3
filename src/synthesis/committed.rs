//! Findings for machines that show them beside the lines of the committed files. A template that is not written, because of
//! the very finding, is in nobody's working copy: what is found in it is shown where there is a line to show.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::config::{ACCOUNTS_FOLDER, DEFAULTS_PATH, SETTINGS_FILE};
use crate::files;
use crate::finding::Finding;
use crate::source::{Place, SourceFile};

/// Points every finding that is in a template as it would be written to the template as it stands in the out folder: to
/// the same resource, or to the file; without such a file, to the account's settings. The message then says where the line
/// would be. What the built-in defaults set is shown at the company's settings, which could set it otherwise; what stands in a
/// built-in template, at the line that it comes to in the out folder.
pub(crate) fn place(findings: &mut [Finding], config: &Path, out: &Path) -> Result<(), Failure> {
    for finding in findings {
        let Some(place) = finding.place.clone() else { continue };
        if place.path() == Path::new(DEFAULTS_PATH) {
            finding.message = format!("{} (by the built-in defaults)", finding.message);
            finding.place = Some(whole(config.join(SETTINGS_FILE))?);
            continue;
        }
        let place = if is_built_in(&place)? { written(finding, &place, config, out)? } else { place };
        let Ok(relative) = place.path().strip_prefix(out) else { continue };
        if place.source.text.is_empty() {
            continue;
        }
        let bytes = files::read(place.path())?;
        let text = bytes.as_ref().and_then(|bytes| std::str::from_utf8(bytes).ok());
        if text == Some(place.source.text.as_str()) {
            continue;
        }
        let would_be = format!("{}:{} as it would be written", place.path().display(), place.line_column().0);
        finding.message = format!("{} ({would_be})", finding.message);
        // The lines of what is not written are of no use to anybody.
        finding.related.clear();
        let nearest = text.map(|text| same_resource(finding, &SourceFile::new(place.path(), text)));
        finding.place = Some(match nearest {
            Some(nearest) => nearest,
            None => settings(config, relative)?,
        });
    }
    Ok(())
}

/// Whether a place is in a file that only racestack itself has.
fn is_built_in(place: &Place) -> Result<bool, Failure> {
    Ok(!place.source.text.is_empty() && place.path().starts_with("templates") && files::read(place.path())?.is_none())
}

/// Points a finding in a built-in template to the line that this comes to, or without one, to the company's settings.
fn written(finding: &mut Finding, built_in: &Place, config: &Path, out: &Path) -> Result<Place, Failure> {
    let of_template = format!("{}:{} of the built-in templates", built_in.path().display(), built_in.line_column().0);
    finding.message = format!("{} ({of_template})", finding.message);
    let in_out = finding.related.iter().position(|(place, _)| place.path().starts_with(out));
    let place = match in_out {
        Some(index) => finding.related.remove(index).0,
        None => whole(config.join(SETTINGS_FILE))?,
    };
    finding.place = Some(place.clone());
    Ok(place)
}

/// The settings of the account whose out folder a path leads into.
fn settings(config: &Path, in_out: &Path) -> Result<Place, Failure> {
    let account = in_out.components().next().map(|word| word.as_os_str().to_owned()).unwrap_or_default();
    whole(config.join(ACCOUNTS_FOLDER).join(account).join(SETTINGS_FILE))
}

fn whole(path: PathBuf) -> Result<Place, Failure> {
    let bytes = files::read(&path)?.unwrap_or_default();
    Ok(Place::whole(&SourceFile::new(path, String::from_utf8_lossy(&bytes))))
}

/// The key of the finding's resource in a template, or the template as a whole.
fn same_resource(finding: &Finding, source: &std::sync::Arc<SourceFile>) -> Place {
    let id = finding.resource.as_deref().and_then(|resource| resource.rsplit('/').next()).unwrap_or_default();
    let key = format!("\n  {id}:\n");
    source.text.find(&key).map_or_else(|| Place::whole(source), |at| Place::new(source, at + 3..at + key.len() - 1))
}
