import pytest

from postroom.smtp.networks import is_public


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "2606:4700::1", "::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::8.8.8.8"],
)
def test_machines_of_the_internet_may_be_dialled(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("192.0.0.8", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "100::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::1", "64:ff9b::10.0.0.1", "64:ff9b:1::1"),
        *("::127.0.0.1", "::8.8.8.8", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    ],
)
def test_machines_behind_the_same_wall_may_not(address: str) -> None:
    assert not is_public(address)
