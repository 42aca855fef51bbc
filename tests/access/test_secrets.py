"""Keys, tokens and passwords."""

import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from postroom.access import secrets
from postroom.access.secrets import Vault
from postroom.config import Settings
from postroom.errors import Misconfigured


def test_the_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    sealed = Vault.open(Settings(data_dir=tmp_path)).seal("pass wörd")
    assert b"pass" not in sealed
    assert Vault.open(Settings(data_dir=tmp_path)).open_sealed(sealed) == "pass wörd"
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600


def _seal_in(folder: Path) -> bytes:
    return Vault.open(Settings(data_dir=folder)).seal("secret")


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        sealed = list(pool.map(_seal_in, [tmp_path] * 4))
    vault = Vault.open(Settings(data_dir=tmp_path))
    assert [vault.open_sealed(each) for each in sealed] == ["secret"] * 4


def test_a_new_key_seals_and_the_old_one_still_opens() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = Vault.open(Settings(secret_keys=old)).seal("secret")
    both = Vault.open(Settings(secret_keys=f"{new}, {old}"))
    assert both.open_sealed(sealed) == "secret"
    assert Vault.open(Settings(secret_keys=new)).open_sealed(both.seal("later")) == "later"


def test_a_lost_key_is_told_as_such() -> None:
    sealed = Vault.open(Settings(secret_keys=Fernet.generate_key().decode())).seal("secret")
    with pytest.raises(Misconfigured, match="none of the keys"):
        Vault.open(Settings(secret_keys=Fernet.generate_key().decode())).open_sealed(sealed)


def test_what_tokens_are_signed_with_outlives_the_keys() -> None:
    old, new = Fernet.generate_key(), Fernet.generate_key()
    sealed = Vault([old]).make_signing_secret()
    other = Vault([old]).make_signing_secret()
    secret, again, another = (Vault([new, old]).open_signing_secret(each) for each in (sealed, sealed, other))
    assert (len(secret), again) == (32, secret)
    assert another != secret


@pytest.mark.parametrize("keys", ["short", "!" * 44, f"{Fernet.generate_key().decode()},"], ids=["short", "odd", "no"])
def test_what_is_no_key_is_refused(keys: str) -> None:
    with pytest.raises(Misconfigured, match="secret_keys"):
        Vault.open(Settings(secret_keys=keys))


def test_a_broken_file_of_keys_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("half a ke")
    with pytest.raises(Misconfigured):
        Vault.open(Settings(data_dir=tmp_path))
    assert (tmp_path / "keys").read_text() == "half a ke"


def test_a_folder_that_is_missing_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        Vault.open(Settings(data_dir=tmp_path / "nowhere"))


def test_tokens_look_like_those_of_the_wire() -> None:
    assert re.fullmatch(r"1000\.[0-9a-f]{32}\.[0-9a-f]{32}", secrets.make_token())
    assert re.fullmatch(r"1000\.[A-Z0-9]{30}", secrets.make_client_id())
    assert re.fullmatch(r"[0-9a-f]{42}", secrets.make_client_secret())
    assert secrets.make_token() != secrets.make_token()


def test_passwords() -> None:
    kept = secrets.hash_password("correct horse")
    assert kept.startswith("$argon2id$")
    assert secrets.verify_password(kept, "correct horse")
    assert not secrets.verify_password(kept, "correct hors")
    assert not secrets.verify_password("no hash at all", "correct horse")


def test_digest_takes_any_text() -> None:
    assert len(secrets.digest("1000.\ud800é")) == 32
    assert secrets.same(secrets.digest("a"), secrets.digest("a"))
    assert not secrets.same(secrets.digest("a"), secrets.digest("b"))
