//! The template as AWS will see it: parameters at their defaults, every reference resolved or complained of.

use serde_json::{Map, Value as Json};
use serde_yaml_ng::Value as Yaml;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vms_core::CacheType;

/// What the stack of the tests is called.
pub(crate) const STACK: &str = "vms";

/// The template with every intrinsic function carried out: a reference to a parameter is its default, one to a
/// resource the resource's name, `Fn::GetAtt` the text `Resource.Attribute`.
pub(crate) struct Template {
    /// Every part, resolved.
    pub(crate) whole: Json,
    /// References to what is not there.
    pub(crate) dangling: Vec<String>,
}

/// A file or folder of the repository.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A text file of the repository.
pub(crate) fn text_of(path: &str) -> String {
    std::fs::read_to_string(in_repository(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// How logical names end that stand once per type.
pub(crate) fn label(cache_type: CacheType) -> String {
    cache_type.as_str().split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

impl Template {
    /// The template of the repository.
    pub(crate) fn read() -> Self {
        let raw: Yaml = serde_yaml_ng::from_str(&text_of("infra/template.yaml")).unwrap();
        Self::of(&raw)
    }

    fn of(raw: &Yaml) -> Self {
        let mut resolver = Resolver { raw, dangling: Vec::new() };
        let whole = resolver.resolved(raw);
        Self { whole, dangling: resolver.dangling }
    }

    /// A part by its path, which must be there.
    pub(crate) fn at(&self, pointer: &str) -> &Json {
        self.whole.pointer(pointer).unwrap_or_else(|| panic!("the template has no {pointer}"))
    }

    /// A resource's properties.
    pub(crate) fn properties(&self, resource: &str) -> &Json {
        self.at(&format!("/Resources/{resource}/Properties"))
    }

    /// The properties of all resources of a kind, by logical name.
    pub(crate) fn all(&self, kind: &str) -> BTreeMap<&str, &Json> {
        let resources = self.at("/Resources").as_object().unwrap().iter();
        let of_kind = resources.filter(|(_, resource)| resource["Type"] == kind);
        of_kind.map(|(name, resource)| (name.as_str(), &resource["Properties"])).collect()
    }

    /// The environment of a function, what stands for all of them included.
    pub(crate) fn environment(&self, function: &str) -> BTreeMap<String, String> {
        let common = self.at("/Globals/Function/Environment/Variables").as_object().unwrap();
        let own = self.properties(function)["Environment"]["Variables"].as_object();
        let all = common.iter().chain(own.into_iter().flatten());
        all.map(|(name, value)| (name.clone(), plain_text(value))).collect()
    }

    /// The statements of a function's role, those of policies of the stack included.
    pub(crate) fn statements(&self, function: &str) -> Vec<&Json> {
        let policies = self.properties(function)["Policies"].as_array().unwrap();
        let documents = policies.iter().map(|policy| match policy.as_str() {
            Some(name) => &self.properties(name)["PolicyDocument"],
            None => policy,
        });
        documents.flat_map(|document| document["Statement"].as_array().unwrap()).collect()
    }
}

/// A value as it stands in an environment variable.
pub(crate) fn plain_text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// One text, or a list of them.
pub(crate) fn texts(value: &Json) -> Vec<String> {
    match value {
        Json::Array(all) => all.iter().map(plain_text).collect(),
        Json::Null => Vec::new(),
        one => vec![plain_text(one)],
    }
}

struct Resolver<'a> {
    raw: &'a Yaml,
    dangling: Vec<String>,
}

impl Resolver<'_> {
    fn resolved(&mut self, value: &Yaml) -> Json {
        match value {
            Yaml::Null => Json::Null,
            Yaml::Bool(b) => Json::Bool(*b),
            Yaml::Number(n) => serde_json::to_value(n).unwrap(),
            Yaml::String(s) => Json::String(s.clone()),
            Yaml::Sequence(all) => all.iter().map(|v| self.resolved(v)).collect(),
            Yaml::Mapping(all) => {
                let pairs = all.iter().map(|(k, v)| (k.as_str().unwrap().to_owned(), self.resolved(v)));
                Json::Object(pairs.collect::<Map<_, _>>())
            }
            Yaml::Tagged(tagged) => self.carried_out(&tagged.tag.to_string(), &tagged.value),
        }
    }

    fn carried_out(&mut self, tag: &str, argument: &Yaml) -> Json {
        match (tag, argument) {
            ("!Ref", Yaml::String(name)) => self.reference(name),
            ("!GetAtt", Yaml::String(path)) => self.attribute(path),
            ("!Sub", Yaml::String(text)) => Json::String(self.substituted(text)),
            ("!Condition", Yaml::String(name)) => {
                self.must_exist("Conditions", name);
                Json::String(name.clone())
            }
            ("!Equals" | "!Not" | "!Or" | "!And", arguments) => self.resolved(arguments),
            _ => panic!("{tag} is not known to the tests"),
        }
    }

    fn must_exist(&mut self, section: &str, name: &str) {
        if self.raw[section].get(name).is_none() {
            self.dangling.push(format!("{section}: {name}"));
        }
    }

    fn reference(&mut self, name: &str) -> Json {
        let pseudo = match name {
            "AWS::StackName" => STACK,
            "AWS::Region" => "us-east-1",
            "AWS::AccountId" => "123456789012",
            "AWS::Partition" => "aws",
            _ => "",
        };
        if !pseudo.is_empty() {
            return Json::String(pseudo.to_owned());
        }
        if let Some(parameter) = self.raw["Parameters"].get(name) {
            return serde_json::to_value(&parameter["Default"]).unwrap();
        }
        self.must_exist("Resources", name);
        let resource = &self.raw["Resources"][name];
        let given = ["FunctionName", "AlarmName"].iter().find_map(|key| resource["Properties"].get(*key));
        let given = if resource["Type"].as_str() == Some("AWS::Lambda::Permission") { None } else { given };
        given.map_or_else(|| Json::String(name.to_owned()), |name| self.resolved(name))
    }

    fn attribute(&mut self, path: &str) -> Json {
        let (name, _) = path.split_once('.').unwrap_or((path, ""));
        self.must_exist("Resources", name);
        Json::String(path.to_owned())
    }

    /// `${Name}` and `${Name.Attribute}` replaced; `${!Literal}` is not used here.
    fn substituted(&mut self, text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').unwrap();
            let value = if name.contains('.') { self.attribute(name) } else { self.reference(name) };
            out += before;
            out += &plain_text(&value);
            rest = after;
        }
        out + rest
    }
}

#[test]
fn a_reference_to_nothing_is_found() {
    let raw =
        "Parameters: {P: {Default: 7}}\nResources:\n  A: {Type: T, Properties: {X: !Ref P, Y: !Sub '${B.Arn}-${A}'}}";
    let template = Template::of(&serde_yaml_ng::from_str(raw).unwrap());
    assert_eq!(template.dangling, ["Resources: B"]);
    assert_eq!(template.properties("A"), &serde_json::json!({"X": 7, "Y": "B.Arn-A"}));
}

#[test]
fn every_reference_of_the_template_resolves() {
    assert_eq!(Template::read().dangling, Vec::<String>::new());
}
