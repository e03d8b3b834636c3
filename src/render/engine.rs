//! The templates and the engine that fills them: handlebars in strict mode, with a few helpers.
//!
//! Stack templates are YAML, where every `{{value}}` becomes one YAML scalar. Policy templates are JSON, where every
//! `{{value}}` stands inside a JSON string. The helper `policy` fills a policy template and writes it into a stack as YAML.
//! Templates of texts for people are HTML or Markdown, where every `{{value}}` is text: see `text_templates`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock, OnceLock};

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError, RenderErrorReason,
    Renderable, Template, TemplateErrorReason,
};
use include_dir::{Dir, include_dir};
use regex::Regex;
use serde_json::Value;

use super::by_design;
use super::digest;
use super::helpers::{describe, indent, refuse, strict};
use super::policy::{POLICIES, POLICY, PolicyHelper};
use super::yaml;
use crate::config::suggest;
use crate::finding::{Finding, Rule};
use crate::source::{Place, SourceFile};

/// The folders of what `racestack init` writes as it is, and of reports: nobody's to replace.
const NOT_STACKS: [&str; 3] = ["init/", "ci/", "report/"];

/// What deploys the stacks, and says how somebody leaves, is nobody's to replace: it keeps people who stay from being touched.
const DEPLOYMENT: [&str; 3] = ["scripts/deploy.sh", "scripts/deploy-stack-set.sh", "scripts/offboard.hbs"];

/// Where a partial is used or defined. One that leads to itself would never end.
#[expect(clippy::expect_used, reason = "the expression is a constant that every run compiles")]
static PARTIAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{\{~?\s*#?\s*[>*]\s*[^\s}~]*").expect("a valid expression"));

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// The embedded templates alone. Without any, nothing could be filled, and each attempt would fail.
static BUILT_IN: LazyLock<Templates> = LazyLock::new(|| Templates::new(Vec::new()).unwrap_or_default());

/// A stack's template, read when it is filled first: to read one takes as long as to fill a small stack.
type Lazy = Arc<OnceLock<Template>>;

/// The embedded ones, each read once in a run.
static EMBEDDED_STACKS: LazyLock<BTreeMap<String, Lazy>> = LazyLock::new(|| {
    let stacks = embedded().into_keys().filter(|path| path.starts_with(STACKS));
    stacks.map(|path| (path, Lazy::default())).collect()
});

/// The folder of the templates of stacks.
const STACKS: &str = "stacks/";

/// The templates, ready to be filled.
#[derive(Debug, Default)]
pub struct Templates {
    engine: Handlebars<'static>,
    stacks: BTreeMap<String, Lazy>,
    pub(super) sources: BTreeMap<String, Arc<SourceFile>>,
    pub(super) overridden: BTreeSet<String>,
}

/// Why a template could not be filled.
#[derive(Debug)]
pub struct RenderFailure {
    /// What is wrong, at its line of the template.
    pub finding: Box<Finding>,
    /// Whether the template is the user's own; otherwise the fault is racestack's.
    pub overridden: bool,
}

impl Templates {
    /// The embedded templates, where the user's own take the place of those of a stack, or of a script or of the policy of a topic
    /// in one, which no proof compares.
    pub fn built_in(&self) -> Option<&'static Self> {
        const IN_STACKS: [&str; 3] = [STACKS, "scripts/", "policies/operations/"];
        let is_in_stacks = |path: &String| IN_STACKS.iter().any(|folder| path.starts_with(folder));
        self.overridden.iter().any(is_in_stacks).then(|| &*BUILT_IN)
    }

    /// Whether a template of a stack is the user's own.
    pub fn has_own_stacks(&self) -> bool {
        self.overridden.iter().any(|path| path.starts_with(STACKS))
    }

    /// The embedded templates, with the user's own in place of those of the same path.
    ///
    /// # Errors
    /// Findings about files that are no template's, or that are not well-formed.
    pub fn new(own: Vec<(String, Arc<SourceFile>)>) -> Result<Self, Vec<Finding>> {
        let (mut sources, mut overridden, mut findings) = (embedded(), BTreeSet::new(), Vec::new());
        for (path, source) in own {
            if let Some(embedded) = sources.get_mut(&path) {
                *embedded = source;
                overridden.insert(path);
            // Whoever copies all of the folder has other files of it as well. They make no stacks.
            } else if EMBEDDED.get_file(&path).is_none() {
                let otherwise = "give the file the path of the template that it is to replace";
                let help = suggest(&path, sources.keys().map(String::as_str), otherwise);
                let finding = Finding::new(Rule::TemplateUnknown, format!("there is no template `{path}` to replace"));
                findings.push(finding.at(Place::whole(&source)).help(help));
            }
        }
        let is_template = |path: &String| Path::new(path).extension().is_some_and(|ending| ending == "hbs");
        let mut stacks = EMBEDDED_STACKS.clone();
        let own_templates = overridden.iter().filter(|path| is_template(path));
        for (path, source) in own_templates.filter_map(|path| Some((path, sources.get(path)?))) {
            findings.extend(own_partial(path, source));
            // Policies and texts for people are read elsewhere. Whether the user's own can be is asked here.
            match compiled(path, source) {
                Ok(template) => {
                    stacks.entry(path.clone()).and_modify(|lazy| *lazy = Arc::new(template.into()));
                }
                Err(finding) => findings.push(finding),
            }
        }
        if !findings.is_empty() {
            return Err(findings);
        }
        let policies = sources.iter().filter(|(path, _)| path.starts_with(POLICIES) && path.ends_with(POLICY));
        let policies = policies.map(|(path, source)| (path.clone(), Arc::clone(source))).collect();
        let mut engine = strict(|text| yaml::scalar(text).into_owned());
        engine.register_helper("policy", Box::new(PolicyHelper(policies)));
        engine.register_helper("number", helper(number));
        engine.register_helper("block", helper(block));
        engine.register_helper("tag", helper(tag));
        engine.register_helper("tags", helper(tags));
        // The place of the template's own digest.
        engine.register_helper("template_digest", helper(|_| Ok(digest::PLACEHOLDER.to_owned())));
        Ok(Self { engine, stacks, sources, overridden })
    }

    /// Fills the template of a kind of stack.
    pub(super) fn fill(&self, kind: &str, context: &Context) -> Result<String, RenderFailure> {
        let (path, asked) = (stack_path(kind), context.data().get("metadata").unwrap_or(&Value::Null));
        let filled = self.template(&path)?.renders(&self.engine, context, &mut RenderContext::new(Some(&path)));
        filled.map(|text| by_design::annotated(text, asked)).map_err(|error| {
            // It may be a policy within the stack that cannot be filled.
            self.unfilled(error.template_name.as_deref().unwrap_or(&path), &error)
        })
    }

    /// The template of a stack, read.
    fn template(&self, path: &str) -> Result<&Template, RenderFailure> {
        let known = self.stacks.get(path).zip(self.sources.get(path));
        let Some((template, source)) = known else {
            return Err(self.unfilled(path, &RenderErrorReason::TemplateNotFound(path.to_owned()).into()));
        };
        if let Some(read) = template.get() {
            return Ok(read);
        }
        let read = compiled(path, source).map_err(|finding| self.failure(finding))?;
        Ok(template.get_or_init(|| read))
    }

    /// That the template of this path cannot be filled, at its line.
    pub(super) fn unfilled(&self, path: &str, error: &RenderError) -> RenderFailure {
        let message = format!("this template cannot be filled: {}", describe(error));
        let finding = Finding::new(Rule::TemplateFill, message)
            .help("compare it with the embedded template, and the names in `{{…}}` with the names there");
        self.failure(self.at_line(path, error.line_no.unwrap_or(1), finding))
    }

    fn at_line(&self, path: &str, line: usize, finding: Finding) -> Finding {
        match self.sources.get(path) {
            Some(source) => finding.at(Place::line(source, line)),
            None => finding,
        }
    }

    /// A finding about the template of a kind of stack as a whole.
    pub(super) fn at_first_line(&self, kind: &str, finding: Finding) -> Finding {
        self.at_line(&stack_path(kind), 1, finding)
    }

    /// A failure of a template. It is the user's as soon as they replaced any: one template can break another.
    pub(super) fn failure(&self, finding: Finding) -> RenderFailure {
        RenderFailure { finding: Box::new(finding), overridden: !self.overridden.is_empty() }
    }

    /// The policy templates of a profile, or of both, by the names that stack templates have for them.
    pub(super) fn policy_sources<'a>(&'a self, profile: &str) -> impl Iterator<Item = (&'a str, &'a Arc<SourceFile>)> {
        self.sources.iter().filter_map(move |(path, source)| {
            let name = path.strip_prefix(POLICIES)?.strip_suffix(POLICY)?;
            match name.rsplit_once('.') {
                Some((name, of)) => (of == profile).then_some((name, source)),
                None => Some((name, source)),
            }
        })
    }

    /// The template of a kind of stack.
    pub fn of_stack(&self, kind: &str) -> Option<&Arc<SourceFile>> {
        self.sources.get(&stack_path(kind))
    }

    /// A file of the templates that is used as it is, such as a script.
    pub fn text(&self, path: &str) -> &str {
        self.sources.get(path).map(|source| source.text.as_str()).unwrap_or_default()
    }
}

/// An embedded file.
pub(super) fn embedded_text(path: &str) -> &'static str {
    EMBEDDED.get_file(path).and_then(|file| file.contents_utf8()).unwrap_or_default()
}

/// The built-in templates, in the order of their paths, below `templates/`.
pub fn embedded_templates() -> Vec<Arc<SourceFile>> {
    embedded().into_values().collect()
}

/// All embedded files that somebody may replace, by their path below `templates/`.
fn embedded() -> BTreeMap<String, Arc<SourceFile>> {
    let is_nobodys =
        |path: &str| NOT_STACKS.iter().any(|folder| path.starts_with(folder)) || DEPLOYMENT.contains(&path);
    let files = files_within(&EMBEDDED).into_iter().filter(|(path, _)| !is_nobodys(path));
    files.map(|(path, text)| (path.clone(), SourceFile::new(Path::new("templates").join(path), text))).collect()
}

/// The embedded files of a folder below `templates/`, by their path in it.
pub fn embedded_folder(folder: &str) -> Vec<(String, &'static str)> {
    let files = EMBEDDED.get_dir(folder).into_iter().flat_map(files_within);
    files.filter_map(|(path, text)| Some((path.strip_prefix(folder)?.strip_prefix('/')?.to_owned(), text))).collect()
}

/// The files of an embedded folder and of those in it, by their path below `templates/`.
fn files_within(dir: &'static Dir<'static>) -> Vec<(String, &'static str)> {
    let path = |file: &include_dir::File<'_>| file.path().to_string_lossy().replace('\\', "/");
    let files = dir.files().map(|file| (path(file), file.contents_utf8().unwrap_or_default()));
    files.chain(dir.dirs().flat_map(files_within)).collect()
}

/// The path of the template of a kind of stack.
fn stack_path(kind: &str) -> String {
    format!("{STACKS}{kind}.yaml.hbs")
}

/// The template in a file, as the engine reads it.
fn compiled(path: &str, source: &Arc<SourceFile>) -> Result<Template, Finding> {
    Template::compile_with_name(&source.text, path.to_owned()).map_err(|error| {
        let (line, _) = error.pos().unwrap_or((1, 1));
        // Of a wrong syntax the reader only lists the words of its own grammar.
        let why = match error.reason() {
            TemplateErrorReason::InvalidSyntax(_) => String::new(),
            reason => format!(": {}", reason.to_string().replace('"', "`")),
        };
        let finding = Finding::new(Rule::TemplateSyntax, format!("this is no handlebars template{why}"));
        finding.at(Place::line(source, line)).help("close every `{{#block}}`, `{{` and quote")
    })
}

/// The first partial of a user's own template that the embedded one has not.
fn own_partial(path: &str, source: &Arc<SourceFile>) -> Option<Finding> {
    let embedded: BTreeSet<&str> = PARTIAL.find_iter(embedded_text(path)).map(|found| found.as_str()).collect();
    let found = PARTIAL.find_iter(&source.text).find(|found| !embedded.contains(found.as_str()))?;
    let finding = Finding::new(Rule::TemplateSyntax, "the embedded template has no such partial");
    Some(finding.at(Place::new(source, found.range())).help("write what the partial holds in its place"))
}

/// A helper that writes what `text` makes of its arguments, as it is.
fn helper(text: fn(&Helper<'_>) -> Result<String, RenderError>) -> Box<dyn HelperDef + Send + Sync> {
    let write = move |helper: &Helper<'_>,
                      _: &Handlebars<'_>,
                      _: &Context,
                      _: &mut RenderContext<'_, '_>,
                      out: &mut dyn Output|
          -> HelperResult { Ok(out.write(&text(helper)?)?) };
    Box::new(write)
}

/// `{{number N}}`: a number that is to stand as a number.
fn number(helper: &Helper<'_>) -> Result<String, RenderError> {
    let number = helper.param(0).and_then(|number| number.value().as_u64());
    number.map(|number| number.to_string()).ok_or_else(|| refuse("it is no number"))
}

/// `{{tag KEY VALUE}}`: a tag on one line.
fn tag(helper: &Helper<'_>) -> Result<String, RenderError> {
    let text = |index: usize| helper.param(index).and_then(|text| text.value().as_str());
    let (key, value) = text(0).zip(text(1)).ok_or_else(|| refuse("a tag is a key and a value"))?;
    Ok(flow_tag(key, value))
}

/// `{{tags LIST indent=N}}`: all tags of a list, each on a line.
fn tags(helper: &Helper<'_>) -> Result<String, RenderError> {
    let wrong = || refuse("it is no list of tags");
    let tags = helper.param(0).and_then(|tags| tags.value().as_array()).ok_or_else(wrong)?;
    let line = |tag: &Value| {
        let text = |key: &str| tag.get(key).and_then(Value::as_str).ok_or_else(wrong);
        Ok(format!("- {}", flow_tag(text("key")?, text("value")?)))
    };
    let lines = tags.iter().map(line).collect::<Result<Vec<_>, RenderError>>()?;
    Ok(lines.join(&format!("\n{}", " ".repeat(indent(helper)?))))
}

fn flow_tag(key: &str, value: &str) -> String {
    format!("{{Key: {}, Value: {}}}", yaml::flow_scalar(key), yaml::flow_scalar(value))
}

/// `{{block TEXT indent=N}}`: the lines of a block scalar.
fn block(helper: &Helper<'_>) -> Result<String, RenderError> {
    let text = helper.param(0).and_then(|text| text.value().as_str()).ok_or_else(|| refuse("it is no text"))?;
    Ok(yaml::block_lines(text, indent(helper)?))
}
