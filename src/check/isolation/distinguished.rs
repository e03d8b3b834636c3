//! People of whom policies say something else than of their prototype: a policy has the name of one of them, or of one of them two names
//! are the same, or begin alike. What is proven of the prototype need not hold of them, and is proven again with their own values.

use std::collections::BTreeSet;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::access::Access;
use super::kind::Subject;
use super::reference::References;
use crate::iam::{Context, Distinctions, Document, Relation, Request};
use crate::model::{Account, Tag, User};
use crate::render::{PROTOTYPE_TAG, Substitution, UserShape, is_of_prototype, words};

/// By what the policies of people of one shape distinguish them.
///
/// The proof compares the prototype's policies with the limits and the needs. Of a person, all of these are the same but for own texts.
/// While each of these is to each other text as the prototype's is (`Relation`), the classes of requests that the proof looked at are taken
/// to be the person's, too, with the person's values in them.
#[derive(Debug, Default)]
pub struct Distinguishing(Vec<OfSubject>);

/// By what the policies of a user, or of a notebook's role, do.
#[derive(Debug)]
struct OfSubject {
    distinctions: Distinctions,
    /// What is the same in all requests of the prototype.
    prototype: Request,
    /// What the policies say of the prototype.
    usual: Vec<Relation>,
}

impl Distinguishing {
    /// By what the policies of a prototype's user and role do; together with the policies that they are compared with.
    pub fn of(subjects: &[Subject<'_, '_>], references: &References, shape: Option<&UserShape>) -> Self {
        let prototype = shape.and_then(UserShape::prototype);
        let own_words: Vec<String> = prototype.iter().flat_map(words).map(|(word, _)| word).collect();
        let of_subject = |subject: &Subject<'_, '_>| {
            // What cannot be read is told of by the proof.
            let access = Access::of(subject, references).ok()?;
            let own = access.identity.iter().chain(&access.boundary).map(|(_, document)| *document);
            let bounds = [references.limits(subject.kind), references.boundary_limits(subject.kind)];
            let needs = references.needs(subject.kind).iter().map(|need| &need.document);
            let compared = [&access.resource, &references.forbidden];
            let documents = own.chain(bounds.into_iter().flatten()).chain(needs).chain(compared);
            let prototype = Request {
                principal: subject.principal.clone(),
                action: String::new(),
                resource: String::new(),
                context: subject.base.clone(),
            };
            let documents: Vec<&Document> = documents.collect();
            let expected = expected(subject, subjects);
            let distinctions = Distinctions::of(documents.into_iter(), &prototype, &own_words, expected);
            let usual = distinctions.relations(&prototype, &str::to_owned);
            // Most policies distinguish nobody.
            (!usual.is_empty()).then_some(OfSubject { distinctions, prototype, usual })
        };
        Self(subjects.iter().filter(|subject| subject.kind.is_persons()).filter_map(of_subject).collect())
    }

    /// Of these people of the prototype's shape, those of whom the policies say something else; of those of whom they say the same, the
    /// first.
    pub fn distinguished<'u>(&self, users: impl Iterator<Item = &'u User>) -> Vec<&'u User> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let usual: Vec<&[Relation]> = self.0.iter().map(|one| one.usual.as_slice()).collect();
        let users: Vec<&User> = users.collect();
        let of_user = |user: &&User| -> Vec<Vec<Relation>> {
            let values = Substitution::of(user);
            self.0.iter().map(|one| one.relations(&values)).collect()
        };
        let all: Vec<Vec<Vec<Relation>>> = users.par_iter().map(of_user).collect();
        let mut seen = BTreeSet::new();
        let is_new = |(user, relations)| (relations != usual && seen.insert(relations)).then_some(user);
        users.into_iter().zip(all).filter_map(is_new).collect()
    }
}

impl OfSubject {
    /// What the policies say of somebody with these values in the place of the prototype's.
    fn relations(&self, values: &Substitution) -> Vec<Relation> {
        let own = self.prototype.context.iter().filter_map(|(key, known)| Some((key, known?)));
        let own = own.filter(|(_, known)| known.list.iter().any(|value| is_of_prototype(value)));
        let context = own.fold(Context::new(), |context, (key, known)| {
            known.list.iter().fold(context, |context, value| context.also(key, values.text(value)))
        });
        let context = self.prototype.context.clone().and(&context);
        self.distinctions
            .relations(&Request { context, ..self.prototype.clone() }, &|text| values.text(text).into_owned())
    }
}

/// What the requests of a person's day have, each with its condition key without the service: the tags of their own things, and who asks.
fn expected(subject: &Subject<'_, '_>, subjects: &[Subject<'_, '_>]) -> impl Iterator<Item = (String, String)> + use<> {
    let of_principals = subjects.iter().filter(|one| one.kind.is_persons()).map(|one| &one.identity.tags);
    let of_notebooks = subject.inventory.notebooks.iter().map(|notebook| &notebook.tags);
    let tags = of_principals.chain(of_notebooks).flatten();
    let tags =
        tags.filter_map(|tag| Some((format!("resourcetag/{}", tag.key.as_ref()?), tag.value.as_ref()?.to_string())));
    let who = ("principal".to_owned(), subject.identity.arn.clone());
    tags.chain([who]).collect::<Vec<_>>().into_iter()
}

/// The tags that all people of a shape have with one value. Of somebody who is the only one of their shape, these are what the settings say,
/// and what everybody in the account has. What is their team's is another's sooner or later.
pub fn common_values(shape: &UserShape, account: &Account) -> Substitution {
    let (of_shape, others): (Vec<&User>, Vec<&User>) =
        account.users.iter().partition(|user| UserShape::of(user) == *shape);
    let Some((one, alike)) = of_shape.split_first() else { return Substitution::of_words(Vec::new()) };
    let tags = |user: &User| -> Vec<Tag> { user.tags.iter().chain(&user.person_tags).cloned().collect() };
    let (compared, set) =
        if alike.is_empty() { (&*others, account.stack_tags().collect()) } else { (alike, Vec::new()) };
    let compared: Vec<Vec<Tag>> = compared.iter().map(|user| tags(user)).collect();
    let is_common =
        |tag: &Tag| set.contains(tag) || !compared.is_empty() && compared.iter().all(|tags| tags.contains(tag));
    let words = shape.prototype().map(|prototype| tags(&prototype)).unwrap_or_default();
    let all = words.into_iter().zip(tags(one));
    let common = all.filter(|(word, tag)| word.value.starts_with(PROTOTYPE_TAG) && is_common(tag));
    Substitution::of_words(common.map(|(word, tag)| (word.value, tag.value)).collect())
}
