"""Mapping templates: what of Velocity is known, and that the rest is an error."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cogapi_emulator.apigateway.template import UnsupportedTemplateError, render


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("plain, 5$ and #1", "plain, 5$ and #1"),
        ("$a ${a}b $!a.", "x xb x."),
        ("$none $!none|", "$none |"),
        ("a## gone\nb#* gone\n *#c", "abc"),
        ("#set($b = 'v')$b", "v"),
        ('#set($b = "<$a>")$b', "<x>"),
        ("#set($b = $none)$!b", ""),
        ("#if($a == 'x')yes#end", "yes"),
        ("#if($a != 'x')yes#{else}no#{end}!", "no!"),
        ("#if($a == 'y')1#elseif($a == 'x')2#else 3#end", "2"),
        ("#if($none)1#else2#end", "2"),
        ("#if(!$none && ($a == 'y' || true))1#end", "1"),
        ("#if($a == 'x')#if($none)1#else2#end#end", "2"),
        ("$map.get('k') $map.k #if($map.containsKey('k'))y#end", "v v y"),
        ("$a.toLowerCase() #if($a.equals('x'))y#end", "x y"),
        ("$count", "7"),
        ("#set($map.other-name = 'n')$map.other-name", "n"),
    ],
)
def test_a_template_renders(template: str, text: str):
    assert render(template, {"a": "x", "map": {"k": "v"}, "count": 7}) == text


@pytest.mark.parametrize(
    "template", ["#if($a)", "#if($a)#if($a)1#end", "#end", "#set(1 = 2)", "#if($a < 3)x#end", "$a.explode()"]
)
def test_what_is_not_known_is_an_error(template: str):
    with pytest.raises(UnsupportedTemplateError):
        render(template, {"a": "x"})
