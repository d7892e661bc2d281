"""Settings: wrong ones are named, production is strict, development looks after itself."""

import stat

import pytest

from portal.config.service_options import service_options
from portal.config.settings import Settings, SettingsError
from services.mail import Security

KEY = "k" * 32


def read(tmp_path, **env):
    return Settings.from_env({"DATA_DIR": str(tmp_path / "data"), **env})


@pytest.mark.parametrize("value", [{}, {"SECRET_KEY": ""}, {"SECRET_KEY": "short"}, {"SECRET_KEY": "k" * 31}])
def test_production_needs_a_secret_key(tmp_path, value):
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        read(tmp_path, ENVIRONMENT="production", **value)
    assert not (tmp_path / "data").exists()


def test_production_has_strict_cookies_and_no_demo(tmp_path):
    production = {"ENVIRONMENT": "production", "SECRET_KEY": KEY, "PUBLIC_URL": "https://help.example.org"}
    settings = read(tmp_path, **production, DEMO_PASSWORD="correct horse battery")
    assert settings.is_production
    assert settings.secure_cookies
    assert settings.demo_password is None
    assert not settings.embedded_engine
    assert settings.dynamodb_endpoint is None


def test_development_keeps_a_key_of_its_own(tmp_path):
    first, second = read(tmp_path), read(tmp_path)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    key_file = tmp_path / "data" / "secret-key"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [path.name for path in key_file.parent.iterdir()] == ["secret-key"]


def test_a_given_key_is_not_written_down(tmp_path):
    assert read(tmp_path, SECRET_KEY=KEY).secret_key == KEY
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ENVIRONMENT", "staging"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "http"),
        ("PORT", ""),
        ("HOST", ""),
        ("HOST", "http://127.0.0.1"),
        ("HOST", "127.0.0.1,0.0.0.0"),
        ("DYNAMODB_ENDPOINT", "embeded"),
        ("DYNAMODB_ENDPOINT", "127.0.0.1:8000"),
        ("WEB_WORKERS", "0"),
        ("WEB_WORKERS", "1000"),
        ("DYNAMODB_CLIENT", "boto3"),
        ("DYNAMODB_CLIENT", ""),
        ("FEED_SHARDS", "many"),
        ("FEED_SHARDS", "9" * 5000),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY_FALLBACKS", f"{KEY},short"),
        ("PUBLIC_URL", "help.example.org"),
        ("PUBLIC_URL", "ftp://help.example.org"),
        ("PUBLIC_URL", "https://help.example.org/desk"),
        ("PUBLIC_URL", "https://me:secret@help.example.org"),
        ("SMTP_PORT", "0"),
        ("SMTP_STARTTLS", "yes"),
        ("SMTP_TLS", "on"),
        ("SMTP_VERIFY", "no"),
        *(
            (name, value)
            for name in ("MAIL_FROM", "MAIL_REPLY_TO")
            for value in (
                "desk",
                "desk@localhost",
                "@example.org",
                "a@example.org, b@example.org",
                "desk: a@example.org;",
                "Help desk desk@example.org",
                "Desk <desk@example.org> and more",
                "dësk@example.org",
                "desk@example.org\nBcc: evil@example.org",
            )
        ),
        ("MAIL_FROM", ""),
        *(
            ("MAIL_REPLY_LISTEN", value)
            for value in ("2525", "localhost:2525", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:smtp", "::1")
        ),
        ("TRUSTED_PROXIES", "9"),
        ("TIME_ZONE", "Mars/Olympus"),
        ("TIME_ZONE", ""),
        ("TIME_ZONE", "../etc/passwd"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, name, value):
    with pytest.raises(SettingsError, match=name):
        read(tmp_path, **{name: value})


@pytest.mark.parametrize(
    ("value", "keys"),
    [("", ()), (" , ", ()), ("a" * 32, ("a" * 32,)), (f"{KEY}, {'b' * 40},", (KEY, "b" * 40))],
)
def test_older_keys_are_a_list(tmp_path, value, keys):
    assert read(tmp_path, SECRET_KEY_FALLBACKS=value).older_secret_keys == keys
    assert read(tmp_path).older_secret_keys == ()


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(SettingsError, match="DATA_DIR"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("host", "address", "url", "exposed"),
    [
        ("127.0.0.1", "127.0.0.1", "http://127.0.0.1:8080", False),
        ("127.0.0.2", "127.0.0.2", "http://127.0.0.2:8080", False),
        ("localhost", "localhost", "http://localhost:8080", False),
        ("::1", "::1", "http://[::1]:8080", False),
        ("[::1]", "::1", "http://[::1]:8080", False),
        ("0.0.0.0", "127.0.0.1", "http://127.0.0.1:8080", True),  # noqa: S104 - read, not listened on
        ("::", "::1", "http://[::1]:8080", True),
        ("192.0.2.1", "192.0.2.1", "http://192.0.2.1:8080", True),
    ],
)
def test_the_host_decides_where_this_machine_reaches_the_web_process(tmp_path, host, address, url, exposed):
    settings = read(tmp_path, HOST=host)
    assert (settings.local_address, settings.local_url, settings.public_url) == (address, url, url)
    assert settings.is_exposed is exposed


def test_an_endpoint_of_ones_own_needs_no_embedded_engine(tmp_path):
    assert read(tmp_path).embedded_engine
    assert read(tmp_path).dynamodb_endpoint == f"unix:{tmp_path}/data/engine.sock"
    settings = read(tmp_path, DYNAMODB_ENDPOINT="http://127.0.0.1:9999")
    assert not settings.embedded_engine
    assert settings.dynamodb_endpoint == "http://127.0.0.1:9999"
    assert read(tmp_path, DYNAMODB_ENDPOINT="").dynamodb_endpoint is None


@pytest.mark.parametrize(("given", "fast"), [({}, True), ({"DYNAMODB_CLIENT": "stock"}, False)])
def test_the_client_is_the_fast_one_unless_another_is_named(tmp_path, given, fast):
    assert service_options(read(tmp_path, **given)).connection.fast_client is fast


def test_the_secret_is_not_shown_by_accident(tmp_path):
    older = "o" * 32
    settings = read(
        tmp_path, SECRET_KEY=KEY, SECRET_KEY_FALLBACKS=older, DEMO_PASSWORD="correct horse battery staple"
    )
    assert KEY not in repr(settings)
    assert older not in repr(settings)
    assert "correct horse" not in repr(settings)


CORP = {
    "OIDC_PROVIDERS": "corp",
    "OIDC_CORP_ISSUER": "https://corp.example",
    "OIDC_CORP_CLIENT_ID": "desk",
    "OIDC_CORP_CLIENT_SECRET": "a client secret",
    "OIDC_CORP_DOMAINS": "corp.example",
}


def test_addresses_are_taken_as_verified_only_in_named_domains(tmp_path):
    verified = {**CORP, "OIDC_CORP_ADDRESSES_VERIFIED": "1"}
    assert read(tmp_path, **verified).providers[0].addresses_verified
    assert not read(tmp_path, **CORP).providers[0].addresses_verified
    with pytest.raises(
        SettingsError, match="OIDC_CORP_ADDRESSES_VERIFIED needs OIDC_CORP_DOMAINS to list domains"
    ):
        read(tmp_path, **{**verified, "OIDC_CORP_DOMAINS": "*"})


def test_providers_are_read_in_their_order(tmp_path):
    assert read(tmp_path).providers == ()
    partner = {name.replace("CORP", "PARTNER"): value for name, value in CORP.items() if "CORP" in name}
    more = {
        "OIDC_PROVIDERS": " partner, corp ", "OIDC_CORP_ROLES": "cn=x=agent, helpdesk = customer",
        "OIDC_CORP_LABEL": "Corp & Co", "OIDC_CORP_ROLE_CLAIM": "realm_access.roles",
        "OIDC_CORP_DEFAULT_ROLE": "customer", "OIDC_PARTNER_DOMAINS": "*",
        "OIDC_CORP_DOMAINS": "Corp.example, Stra\u00dfe.example",
        "OIDC_CORP_SCOPES": "openid groups",
    }  # fmt: skip
    first, second = read(tmp_path, **{**CORP, **partner, **more}).providers
    assert (first.id, first.label, first.role_claim, first.roles) == ("partner", "Partner", "groups", ())
    assert (first.default_role, first.scopes) == ("", "openid email profile")
    assert (second.id, second.label, second.scopes) == ("corp", "Corp & Co", "openid groups")
    assert second.roles == (("cn=x", "agent"), ("helpdesk", "customer"))
    assert second.domains == {"corp.example", "xn--strae-oqa.example"}
    assert "a client secret" not in repr(first) + repr(second)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OIDC_PROVIDERS", "Corp"),
        ("OIDC_PROVIDERS", "corp,corp"),
        ("OIDC_PROVIDERS", "../corp"),
        ("OIDC_CORP_ISSUER", ""),
        ("OIDC_CORP_ISSUER", "corp.example"),
        ("OIDC_CORP_ISSUER", "https://me:secret@corp.example"),
        ("OIDC_CORP_CLIENT_ID", ""),
        ("OIDC_CORP_CLIENT_SECRET", ""),
        ("OIDC_CORP_DOMAINS", ""),
        ("OIDC_CORP_DOMAINS", "@corp.example"),
        ("OIDC_CORP_DOMAINS", "corp"),
        ("OIDC_CORP_ADDRESSES_VERIFIED", "yes"),
        ("OIDC_CORP_ROLES", "helpdesk"),
        ("OIDC_CORP_ROLES", "=agent"),
        ("OIDC_CORP_SCOPES", "email"),
    ],
)
def test_a_wrong_setting_of_a_provider_is_named(tmp_path, name, value):
    with pytest.raises(SettingsError, match=name):
        read(tmp_path, **{**CORP, name: value})


def test_in_production_a_provider_speaks_tls(tmp_path):
    production = {"ENVIRONMENT": "production", "SECRET_KEY": KEY, "PUBLIC_URL": "https://help.example.org"}
    plain = {**CORP, "OIDC_CORP_ISSUER": "http://corp.example"}
    assert read(tmp_path, **plain).providers
    with pytest.raises(SettingsError, match="OIDC_CORP_ISSUER"):
        read(tmp_path, **production, **plain)


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        ("desk@example.org", "desk@example.org", "Ledgerdesk"),
        (" Desk@Example.org ", "desk@example.org", "Ledgerdesk"),
        ("Help desk <desk@example.org>", "desk@example.org", "Help desk"),
        ('"Hilfe, Büro" <desk@büro.example>', "desk@xn--bro-hoa.example", "Hilfe, Büro"),
    ],
)
def test_the_sender_is_an_address_with_or_without_a_name(tmp_path, value, address, name):
    settings = read(tmp_path, MAIL_FROM=value)
    assert (settings.mail_from.address, settings.mail_from.name) == (address, name)
    assert settings.mail_reply_to is None
    assert read(tmp_path, MAIL_REPLY_TO=value).mail_reply_to == settings.mail_from


@pytest.mark.parametrize(
    ("env", "security"),
    [
        ({}, Security.STARTTLS),
        ({"SMTP_PORT": "465"}, Security.TLS),
        ({"SMTP_TLS": "1", "SMTP_PORT": "2465"}, Security.TLS),
        ({"SMTP_TLS": "0", "SMTP_PORT": "465"}, Security.STARTTLS),
        ({"SMTP_STARTTLS": "0"}, Security.NONE),
    ],
)
def test_how_the_line_to_the_mail_server_is_encrypted(tmp_path, env, security):
    mailer = service_options(read(tmp_path, SMTP_HOST="mail.example.org", **env)).mailer
    assert (mailer.security, mailer.verify) == (security, True)
    unchecked = service_options(read(tmp_path, SMTP_HOST="mail.example.org", SMTP_VERIFY="0", **env)).mailer
    assert not unchecked.verify


@pytest.mark.parametrize(
    ("value", "host"), [("127.0.0.1:2525", "127.0.0.1"), ("[::1]:2525", "::1"), ("10.1.2.3:2525", "10.1.2.3")]
)
def test_where_replies_are_taken_is_an_address_and_a_port(tmp_path, value, host):
    listen = read(tmp_path, MAIL_REPLY_LISTEN=value).mail_reply_listen
    assert (listen.host, listen.port, str(listen)) == (host, 2525, value)
    assert read(tmp_path).mail_reply_listen is None


def test_replies_go_to_the_sender_unless_another_address_is_given(tmp_path):
    assert read(tmp_path, MAIL_FROM="Desk <a@example.org>").reply_address == "a@example.org"
    both = read(tmp_path, MAIL_FROM="a@example.org", MAIL_REPLY_TO="b@example.org")
    assert both.reply_address == "b@example.org"
    assert service_options(both).own_addresses == {"a@example.org", "b@example.org"}
