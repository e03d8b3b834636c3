//! What a template says the same of everybody, filled once: an account's names, settings and policies take a third of what
//! it takes to fill the users template, and would be looked up again for each person.

use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement, TemplateMapping};
use handlebars::{Context, Handlebars, Path, PathSeg, RenderContext, Renderable, StringOutput};

/// The engine with what a template is filled with, and the one key of that whose value changes.
pub(super) struct Folder<'a> {
    pub(super) engine: &'a Handlebars<'static>,
    pub(super) context: &'a Context,
    pub(super) varying: &'a str,
}

impl Folder<'_> {
    /// The template with its text in the place of every element that gives the same whatever the varying value is. What cannot
    /// be filled stays as it is: it may stand where nobody comes.
    pub(super) fn fold(&self, template: &Template) -> Template {
        let mut folded = Template::default();
        folded.name.clone_from(&template.name);
        for (index, element) in template.elements.iter().enumerate() {
            // What an `else if` is made into has no place of its own.
            let place = template.mapping.get(index);
            self.fold_element(element, place, &mut folded);
            folded.mapping.extend(place.cloned().filter(|_| folded.mapping.len() < folded.elements.len()));
        }
        folded
    }

    fn fold_element(&self, element: &TemplateElement, place: Option<&TemplateMapping>, folded: &mut Template) {
        let text = if self.is_constant(element) { self.filled(element) } else { None };
        match (text, element) {
            (Some(text), _) => folded.elements.push(TemplateElement::RawString(text)),
            (None, TemplateElement::HelperBlock(block)) => {
                let mut block = block.clone();
                block.template = block.template.map(|inner| self.fold(&inner));
                block.inverse = block.inverse.map(|inner| self.fold(&inner));
                match self.branch(&block) {
                    Some(branch) => {
                        for (index, element) in branch.elements.into_iter().enumerate() {
                            folded.elements.push(element);
                            folded.mapping.extend(branch.mapping.get(index).or(place).cloned());
                        }
                    }
                    None => folded.elements.push(TemplateElement::HelperBlock(block)),
                }
            }
            (None, other) => folded.elements.push(other.clone()),
        }
    }

    fn filled(&self, element: &TemplateElement) -> Option<String> {
        let mut text = StringOutput::new();
        element.render(self.engine, self.context, &mut RenderContext::new(None), &mut text).ok()?;
        text.into_string().ok()
    }

    /// The branch that an `if` or `unless` takes for everybody. The engine tells which: it fills one with words for branches.
    fn branch(&self, block: &HelperTemplate) -> Option<Template> {
        let is_choice = matches!(block.name.as_name(), Some("if" | "unless"));
        if !is_choice || !self.has_constant_values(block) {
            return None;
        }
        let word = |text: &str| {
            let mut word = Template::default();
            word.elements.push(TemplateElement::RawString(text.to_owned()));
            word
        };
        let mut asked = block.clone();
        (asked.template, asked.inverse) = (Some(word("yes")), Some(word("no")));
        let answer = self.filled(&TemplateElement::HelperBlock(Box::new(asked)))?;
        Some(if answer == "yes" { &block.template } else { &block.inverse }.clone().unwrap_or_default())
    }

    fn is_constant(&self, element: &TemplateElement) -> bool {
        match element {
            TemplateElement::RawString(_) => true,
            TemplateElement::Expression(one) | TemplateElement::HtmlExpression(one) => {
                let is_value = one.params.is_empty() && one.hash.is_empty();
                if is_value { self.is_constant_value(&one.name) } else { self.has_constant_values(one) }
            }
            TemplateElement::HelperBlock(block) => {
                let is_each = block.name.as_name() == Some("each");
                let mut items = block.template.iter().flat_map(|inner| &inner.elements);
                let mut others = block.inverse.iter().flat_map(|inner| &inner.elements);
                self.has_constant_values(block)
                    && block.block_param.is_none()
                    && items.all(|one| self.is_constant(one) || (is_each && is_item(one)))
                    && others.all(|one| self.is_constant(one))
            }
            _ => false,
        }
    }

    fn has_constant_values(&self, helper: &HelperTemplate) -> bool {
        let mut values = helper.params.iter().chain(helper.hash.values());
        values.all(|value| self.is_constant_value(value))
    }

    /// Whether a value is the same for everybody. Paths from anywhere but the root depend on where they stand.
    fn is_constant_value(&self, value: &Parameter) -> bool {
        match value {
            Parameter::Literal(_) => true,
            Parameter::Path(Path::Relative((segments, path))) if path.starts_with("@root") => {
                let mut keys = segments.iter().skip(1);
                matches!(keys.next(), Some(PathSeg::Named(first)) if first != self.varying)
                    && keys.all(|key| matches!(key, PathSeg::Named(_)))
            }
            _ => false,
        }
    }
}

/// Whether it is `{{this}}`, which within an `each` is the item.
fn is_item(element: &TemplateElement) -> bool {
    matches!(element, TemplateElement::Expression(one) if one.params.is_empty() && one.name.as_name() == Some("this"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn engine() -> Handlebars<'static> {
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        engine
    }

    /// The folded template, and what it and the template itself give for these users.
    fn both(text: &str, users: &Value) -> (Template, [Result<String, Option<usize>>; 2]) {
        let engine = engine();
        let template = Template::compile(text).unwrap();
        let folding = Context::wraps(
            json!({"a": "A", "on": true, "off": false, "list": [1, 2], "deep": {"on": false}, "users": []}),
        )
        .unwrap();
        let folded = Folder { engine: &engine, context: &folding, varying: "users" }.fold(&template);
        let mut context = folding.clone();
        context.data_mut()["users"] = users.clone();
        let fill = |template: &Template| {
            template.renders(&engine, &context, &mut RenderContext::new(None)).map_err(|error| error.line_no)
        };
        let given = [fill(&folded), fill(&template)];
        (folded, given)
    }

    #[test]
    fn what_is_the_same_for_everybody_is_text() {
        for text in [
            "{{@root.a}}",
            "{{@root/a}}",
            "{{#if @root.on}}x{{@root.a}}{{else}}y{{/if}}",
            "{{#each @root.list}}-{{this}}{{/each}}",
            "{{#each @root.list}}{{#if @root.off}}x{{else if @root.on}}z{{/if}}{{/each}}",
        ] {
            let (folded, [given, wanted]) = both(text, &json!([]));
            assert_eq!(given, wanted, "{text}");
            assert!(
                folded.elements.iter().all(|one| matches!(one, TemplateElement::RawString(_))),
                "{text}: {folded:?}"
            );
        }
    }

    #[test]
    fn what_depends_on_the_varying_value_stays() {
        let users = json!([
            {"n": "x", "t": true, "on": false, "a": "B", "deep": {"on": true}},
            {"n": "y", "t": false, "on": true, "a": "C", "deep": {"on": false}},
        ]);
        for text in [
            "{{#each users}}{{n}}{{@root.a}}{{/each}}",
            "{{#each users}}{{a}}{{this.a}}{{../a}}{{@root.a}}{{@index}}{{/each}}",
            "{{#each users}}{{#if @root.on}}{{n}}{{else}}{{a}}{{/if}}{{#unless @root.on}}{{n}}{{/unless}}{{/each}}",
            "{{#each users}}{{#if t}}1{{else if @root.off}}2{{else if @root.on}}3{{n}}{{else}}4{{/if}}{{/each}}",
            "{{#each users}}{{#each @root.list}}{{this}}{{../n}}{{/each}}{{/each}}",
            "{{#each users as |user|}}{{#each @root.list}}{{this}}{{user.n}}{{/each}}{{/each}}",
            "{{#each users}}{{#each this}}{{#if @root.on}}{{this}}{{/if}}{{/each}}{{/each}}",
            "{{#each users}}{{#with @root}}{{users.[0].n}}{{/with}}{{/each}}",
            "{{#each @root.users}}{{n}}{{/each}}{{@root.[users].[1].n}}{{lookup @root \"users\"}}",
            "{{#if @root.users}}some{{else}}none{{/if}}{{#unless @root.users}}none{{/unless}}",
            "{{#each users}}{{#if deep.on}}1{{else}}2{{/if}}{{/each}}",
            "{{#if @root.off}}none{{else}}{{#each users}}{{n}}{{/each}}{{/if}}",
            "{{#each users}}{{#each @root.list as |n|}}{{this}}{{/each}}{{/each}}",
            "{{#each @root.users}}one{{/each}}{{#if @root.users.[0].t}}yes{{/if}}",
            "{{#each users}}{{#each @root.list as |n|}}{{n}}{{this}}{{/each}}{{#each @root.list}}{{@index}}{{/each}}{{/each}}",
            "{{#each users}}{{#if t}}{{@root.missing}}{{/if}}{{/each}}",
            "{{#each users}}{{#if @root.off}}{{@root.missing}}{{/if}}{{n}}{{/each}}",
            "{{@root.a}}\n{{#each users}}\n{{#if @root.on}}\n{{n}}\n{{/if}}\n{{missing}}\n{{/each}}",
            "{{#each users}}\n{{#if @root.off}}\n{{else if @root.on}}\n{{n}}{{/if}}\n{{missing}}\n{{/each}}",
        ] {
            for users in [&users, &json!([])] {
                let (_, [given, wanted]) = both(text, users);
                assert_eq!(given, wanted, "{text}");
            }
        }
    }
}
