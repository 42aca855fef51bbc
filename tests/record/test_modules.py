from postroom.record import MODULES, NOTES, Kind, Module


def test_every_lookup_leads_to_a_module_that_exists() -> None:
    names = {module.name for module in MODULES}
    for module in MODULES:
        for field in module.fields:
            assert (field.kind is Kind.LOOKUP) == bool(field.targets)
            assert names.issuperset(field.targets)


def test_field_names_are_unique_within_a_module() -> None:
    for module in MODULES:
        assert len(module.by_name) == len(module.fields)


def test_a_title_is_made_of_fields_and_one_of_them_is_mandatory() -> None:
    def titles(module: Module) -> list[bool]:
        return [module.by_name[name].mandatory for name in module.title]

    # A note is shown by its title, which may be left out (W 6.2); no lookup leads to one.
    assert [module for module in MODULES if not any(titles(module))] == [NOTES]
    assert not any(NOTES.name in field.targets for module in MODULES for field in module.fields)


def test_contacts_have_the_lengths_seen_at_the_service() -> None:
    # W 6.2
    seen = {
        "First_Name": 40,
        "Last_Name": 80,
        "Email": 100,
        "Title": 100,
        "Phone": 50,
        "Home_Phone": 30,
        "Mobile": 30,
        "Full_Name": 120,
        "Mailing_Street": 250,
        "Mailing_City": 100,
        "Mailing_State": 100,
        "Mailing_Zip": 30,
        "Mailing_Country": 100,
        "Description": 32000,
    }
    contacts = next(module for module in MODULES if module.name == "Contacts")
    lengths = {name: contacts.by_name[name].length for name in seen}
    # ours: two names at their longest and the space between them are 121
    assert lengths == seen
