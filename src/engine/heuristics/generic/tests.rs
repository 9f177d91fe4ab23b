//! Tests of the detector with whole lines. The values are made up for these tests.

use crate::engine::Engine;
use crate::model::Confidence;
use crate::rules::RuleSet;

use Confidence::{Low, Medium};

/// The rules of this detector alone.
fn engine() -> Engine {
    let mut rules = RuleSet::builtin();
    let of_names: Vec<String> =
        rules.iter().filter(|rule| rule.generic).map(|rule| rule.id.clone()).collect();
    rules.retain(|id| of_names.iter().any(|name| name == id));
    Engine::new(&rules)
}

/// Confidence of the match of `value` in `line`, in which `§` is replaced with it.
fn confidence(engine: &Engine, line: &str, value: &str) -> Option<Confidence> {
    let text = line.replace('§', value);
    let found = engine.candidates(text.as_bytes());
    let of_value = found.iter().filter(|found| found.span.slice(text.as_bytes()) == value.as_bytes());
    of_value.map(|found| found.confidence).max()
}

const PASSWORD: &str = concat!("vT9q", "Lm2x8Zr");
const TOKEN: &str = concat!("q8Wz3LmN7pXk", "V2rT5yHc9bJd");

#[test]
fn literals_are_found_in_every_common_syntax() {
    let engine = engine();
    for line in [
        // Assignments, by language.
        "char *password = \"§\";",
        "#define PASSWORD \"§\"",
        "const char password[] = \"§\";",
        "std::string password{\"§\"};",
        "private static final String PASSWORD = \"§\";",
        "string password = @\"§\";",
        "new Login { Password = \"§\" }",
        "password := `§`",
        "const password string = \"§\"",
        "const password = '§';",
        "private password?: string = '§';",
        "password: str = \"§\"",
        "connect(password=\"§\")",
        "config[\"db\"][\"password\"] = \"§\"",
        ":password => '§',",
        "ENV['DB_PASSWORD'] ||= '§'",
        "$this->password = \"§\";",
        "define('DB_PASSWORD', '§');",
        "const PASSWORD: &str = \"§\";",
        "password: String::from(\"§\"),",
        "val password: String = \"§\"",
        "\"password\" to \"§\",",
        "\"password\" -> \"§\"",
        "@password \"§\"",
        "{password, \"§\"},",
        "my $password = '§';",
        "password <- \"§\"",
        "$Password = \"§\"",
        "Dim password As String = \"§\"",
        "NSString *password = @\"§\";",
        "local password = \"§\"",
        // Maps.
        "map.put(\"password\", \"§\");",
        "map[string]string{\"password\": \"§\"}",
        "{\"password\", \"§\"},",
        "[\"password\"] = \"§\",",
        // Settings.
        "password: §",
        "- password: '§'",
        "{user: a, password: §}",
        "\"password\": \"§\"",
        "{\"name\": \"password\", \"value\": \"§\"}",
        "{\\\"password\\\":\\\"§\\\"}",
        "auth = { password = \"§\" }",
        "db.password=§",
        "<password>§</password>",
        "<property name=\"password\" value=\"§\"/>",
        "<entry key=\"password\">§</entry>",
        "<password><![CDATA[§]]></password>",
        "<key>password</key><string>§</string>",
        "variable \"password\" { default = \"§\" }",
        "storePassword '§'",
        "Server=db;User Id=sa;Password=§;",
        // Shells and command lines.
        "ENV DB_PASSWORD §",
        "ARG DB_PASSWORD=§",
        "export PASSWORD='§'",
        "PASSWORD=\"${PASSWORD:-§}\"",
        "setenv PASSWORD §",
        "set \"PASSWORD=§\"",
        "app --db-password § -v",
        "app --db-password='§'",
        "parser.add_argument(\"--password\", default=\"§\")",
        // Statements, requests, pages.
        "CREATE LOGIN a WITH PASSWORD = '§';",
        "https://acme.dev/a?user=x&password=§&page=2",
        "| password | § |",
        "| Password | `§` | of the database |",
        "**Password:** §",
        // Comparisons.
        "if (password == \"§\")",
        "if (\"§\" === password) {",
        "if (password.equals(\"§\")) {",
    ] {
        assert!(confidence(&engine, line, PASSWORD).is_some(), "{line}");
    }
    for line in ["X-Auth-Token: §", "?token=§&x=1", "curl -H \"Api-Key: §\"", "api_key=§", "<token>§</token>"]
    {
        assert!(confidence(&engine, line, TOKEN).is_some(), "{line}");
    }
}

#[test]
fn strong_evidence_is_medium_and_the_rest_low() {
    let engine = engine();
    for (line, value, expected) in [
        ("password = \"§\"", PASSWORD, Some(Medium)),
        ("token: \"§\"", TOKEN, Some(Medium)),
        // Human-chosen: short and of one class, but no word.
        ("password = \"§\"", "xkqzvwpt", Some(Medium)),
        ("password = \"§\"", "petclinic", Some(Low)),
        ("password = \"§\"", "wombat", None),
        // Machine-made: short values are something else.
        ("token = \"§\"", "xkqzvwpt", Some(Low)),
        // The syntax between name and value.
        ("add(password, \"§\")", PASSWORD, Some(Low)),
        ("if (password == \"§\")", PASSWORD, Some(Low)),
        ("check_password(\"§\")", PASSWORD, None),
        ("set_password(\"§\")", PASSWORD, Some(Medium)),
        // Features of the name.
        ("credential = \"§\"", "8Zq5Tx2w", Some(Medium)),
        ("csrf_token = \"§\"", TOKEN, Some(Low)),
        ("invalid_password = \"§\"", "Xk4qzvwp", Some(Medium)),
        ("encoded_password = \"§\"", "Xk4qzvwp", Some(Low)),
        ("# password: \"§\"", "Zk4qzvwp", Some(Low)),
        ("#password: \"§\"", "Zk4qzvwp", Some(Medium)),
        ("telegram_token = \"§\"", TOKEN, Some(Medium)),
    ] {
        assert_eq!(confidence(&engine, line, value), expected, "{line} {value}");
    }
}

#[test]
fn other_values_are_rejected_or_have_low_confidence() {
    let engine = engine();
    let never_medium = [
        // Placeholders, and what everybody's examples use.
        "changeme",
        "<YOUR_KEY>",
        "xxxxxxxxxxxx",
        "${VAR}",
        "example",
        "aaaaaaaaaaaaaaaa",
        "abcdefghijklmnop",
        "1234567890123456",
        "your-token-here",
        "{{ token }}",
        "%(password)s",
        "$PASSWORD",
        "********",
        // No literals.
        "getenv('PASSWORD')",
        "config.db.password",
        // Something else.
        "2024-01-31T00:00:00Z",
        "1.2.3-beta.4",
        "src/app/login.js",
        "#ff8800",
        "0x80090336",
        "my-password-field",
        "DB_PASSWORD",
        "hunter2",
        "p@ssw0rd",
        "$2b$10$abcdefghijklmnopqrstuv",
        "{SSHA}nFCebWjxfaLbHHG1Qk5UU4trbvQ=",
        "iVBORw0KGgoAAAANSUhEUgAAAAUA",
        "data:image/png;base64,iVBORw0KGgo",
        "c2VjcmV0LXBhc3N3b3Jk",
        "A1B2C3D4E5F6G7H8",
    ];
    for value in never_medium {
        for line in ["password = \"§\"", "api_key: '§'"] {
            assert!(confidence(&engine, line, value) < Some(Medium), "{line} {value}");
        }
    }
    // A stop word in a long random value does not hide it.
    for value in ["vT9qtestLw2Zrm7Kexample9", "8x7mK2example9QpLz4Tw"] {
        assert_eq!(confidence(&engine, "token = '§'", value), Some(Medium), "{value}");
    }
}

#[test]
fn machine_made_values_with_foreign_symbols_are_rejected() {
    let engine = engine();
    for sign in ['?', '^', '(', '{', '<', '*', ';'] {
        let value = TOKEN.replace('7', &sign.to_string());
        assert_eq!(confidence(&engine, "api_key = \"§\"", &value), None, "{value}");
        assert!(confidence(&engine, "password = \"§\"", &value).is_some(), "{value}");
    }
}

#[test]
fn values_without_quotes_are_parsed_as_settings_or_code() {
    let engine = engine();
    assert_eq!(confidence(&engine, "  password: §\n", "xkqzvwpt"), Some(Medium));
    assert_eq!(confidence(&engine, "export DB_PASSWORD=§\n", "xkqzvwpt"), Some(Medium));
    for line in ["  login(password=§)\n", "password = §;\n", "let password = § + 1\n", "f(x, password: §)\n"]
    {
        assert_eq!(confidence(&engine, line, "xkqzvwpt"), None, "{line}");
    }
    for value in ["sys.argv[4]", "m{{h}o)p${e]nob", "Cell<Map>", "&default", "*alias"] {
        assert_eq!(confidence(&engine, "password = §\n", value), None, "{value}");
    }
}
