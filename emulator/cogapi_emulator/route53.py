"""Corrections of Route 53: how names are written and sorted, and which changes are refused.

ministack compares names as they were written and takes changes that Route 53 refuses. Owns no records.
"""

import re
from collections import Counter
from xml.etree.ElementTree import SubElement

from ministack.services import route53

from cogapi_emulator.apigateway.hosted_zones import OWNERS
from cogapi_emulator.patching import around

_ESCAPE = re.compile(r"\\(\d{3})")
_ACTIONS = ("CREATE", "DELETE", "UPSERT")


class _Refused(Exception):
    """A request that makes no sense: InvalidInput. The message is Route 53's."""


def install() -> None:
    """Patch ministack's Route 53 in this process."""

    @around(route53, "_normalise_name")
    def normalise_name(original, name):
        return _written(original(name))

    @around(route53, "_name_sort_key")
    def name_sort_key(_original, name):
        # AWS: sorted by the name with its labels reversed and its dots, "com.example.www."; a character below
        # the dot (* or -) therefore sorts before a subdomain. ministack sorts label by label.
        labels = _read(route53._normalise_name(name)).rstrip(".").split(".")
        return ".".join(reversed(labels)) + "."

    @around(route53, "_parse_record_set")
    def parse_record_set(original, element):
        record = original(element)
        if "AliasTarget" in record:
            record["AliasTarget"]["DNSName"] = record["AliasTarget"]["DNSName"].lower()
        return record

    @around(route53, "_change_resource_record_sets")
    def change_resource_record_sets(original, zone_id, body):
        zone, root = route53._zones.get(zone_id), route53._parse_body(body)
        batch = None if root is None else route53._find(root, "ChangeBatch")
        changes = None if batch is None else route53._find(batch, "Changes")
        if zone is None or changes is None:
            return original(zone_id, body)
        try:
            parsed = [_parse(change) for change in route53._findall(changes, "Change")]
        except _Refused as refusal:
            return route53._error_response("InvalidInput", str(refusal))
        if problems := _problems(zone, parsed):
            # AWS: nothing of a batch is done unless all of it can be, and every problem is told.
            return route53._error_response("InvalidChangeBatch", f"[{', '.join(problems)}]")
        return original(zone_id, body)

    @around(route53, "_list_hosted_zones_by_name")
    def list_hosted_zones_by_name(_original, query):
        return _zones_by_name(query)


def _written(name: str) -> str:
    r"""AWS: names are lower case, and what is not a-z, 0-9, - _ . is written as \ooo: the wildcard is \052."""
    plain = _read(name).lower()
    return "".join(c if re.fullmatch(r"[a-z0-9_.-]", c) else f"\\{ord(c):03o}" for c in plain)


def _read(name: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), name)


def _parse(change) -> tuple[str, dict]:
    action = route53._text(change, "Action")
    element = route53._find(change, "ResourceRecordSet")
    if action not in _ACTIONS or element is None:
        raise _Refused("Invalid request")
    record = route53._parse_record_set(element)
    alias, ttl, values = "AliasTarget" in record, "TTL" in record, bool(record.get("ResourceRecords"))
    if alias == (ttl and values) or (alias and (ttl or values)):
        found = "none" if not alias else "more than one"
        raise _Refused(
            "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
            f"TrafficPolicyInstanceId], but found {found} in Change with [Action={action}, Name={record['Name']}, "
            f"Type={record['Type']}, SetIdentifier={record.get('SetIdentifier', 'null')}]"
        )
    return action, record


def _problems(zone: dict, changes: list[tuple[str, dict]]) -> list[str]:
    """What Route 53 would say against these changes, judged one after the other on what they leave."""
    problems = []
    left = {route53._rs_key(record): record for record in route53._records[zone["id"]]}
    writes = Counter(route53._rs_key(record) for action, record in changes if action != "DELETE")
    for action, record in changes:
        key, name, kind = route53._rs_key(record), record["Name"], record["Type"]
        known, named = left.get(key), f"[name='{name}', type='{kind}']"
        if not f".{name}".endswith(f".{zone['name']}"):
            problems.append(f"RRSet with DNS name {name} is not permitted in zone {zone['name']}")
        elif writes[key] > 1:
            problems.append(f"The request contains an invalid set of changes for a resource record set '{kind} {name}'")
        elif action == "DELETE" and known is None:
            problems.append(f"Tried to delete resource record set {named} but it was not found")
        elif action == "DELETE" and route53._rs_values(known) != route53._rs_values(record):
            problems.append(
                f"Tried to delete resource record set {named} but the values provided do not match the current values"
            )
        elif action == "DELETE" and name == zone["name"] and kind in ("SOA", "NS"):
            problems.append(f"A HostedZone must contain at least one {kind} record for the zone itself.")
        elif action == "CREATE" and known is not None:
            problems.append(f"Tried to create resource record set {named} but it already exists")
        elif action != "DELETE" and (problem := _misplaced(zone, record, left) or _bad_alias(zone, record, left)):
            problems.append(problem)
        elif action == "DELETE":
            del left[key]
        else:
            left[key] = record
    return problems


def _misplaced(zone: dict, record: dict, left: dict) -> str | None:
    """AWS, as DNS: a CNAME stands alone at its name, and never at the apex."""
    name, kind = record["Name"], record["Type"]
    if kind == "CNAME" and name == zone["name"]:
        return f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {name}"
    for other_name, other_kind, _identifier in left:
        if other_name == name and other_kind != kind and "CNAME" in (kind, other_kind):
            return (
                f"RRSet of type {kind} with DNS name {name} is not permitted as it conflicts with other records with "
                f"the same DNS name in zone {zone['name']}"
            )
    return None


def _bad_alias(zone: dict, record: dict, left: dict) -> str | None:
    """AWS: an alias's target must lie in the hosted zone that it names."""
    alias = record.get("AliasTarget")
    if alias is None:
        return None
    target, zone_id = alias["DNSName"], alias["HostedZoneId"]
    told = f"Tried to create an alias that targets {target}, type {record['Type']} in zone {zone_id}, but the alias "
    if zone_id in OWNERS:
        return None if target.endswith(OWNERS[zone_id]) else told + "target name does not lie within the target zone"
    if zone_id == zone["id"]:
        return None if (target, record["Type"], "") in left else told + "that target was not found"
    # Zones of other AWS services are not known here.
    return None


def _zones_by_name(query: dict):
    """AWS: the list begins at the name, in the order of reversed labels, and goes on with whatever follows.

    ministack sorts the names as they are written.
    """

    def asked(name: str) -> str:
        value = query.get(name, "")
        return (value[0] if isinstance(value, list) else value) or ""

    start_name, start_id = asked("dnsname"), asked("hostedzoneid")
    size = min(int(asked("maxitems") or 100), 100)
    zones = sorted(route53._zones.values(), key=_place)
    if start_name:
        start = route53._name_sort_key(start_name), start_id
        zones = [zone for zone in zones if _place(zone) >= start]
    following = zones[size] if len(zones) > size else None

    def build(root) -> None:
        if start_name:
            SubElement(root, "DNSName").text = route53._normalise_name(start_name)
        if start_id:
            SubElement(root, "HostedZoneId").text = start_id
        listed = SubElement(root, "HostedZones")
        for zone in zones[:size]:
            route53._build_hosted_zone_el(listed, zone)
        SubElement(root, "IsTruncated").text = str(following is not None).lower()
        SubElement(root, "MaxItems").text = str(size)
        if following is not None:
            SubElement(root, "NextDNSName").text = following["name"]
            SubElement(root, "NextHostedZoneId").text = following["id"]

    return route53._xml_response("ListHostedZonesByNameResponse", build)


def _place(zone: dict) -> tuple[str, str]:
    return route53._name_sort_key(zone["name"]), zone["id"]
