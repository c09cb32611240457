"""Records are values: equal by type and fields, hashable, and never changed."""

import pytest

from catalyst.guard.record import Record, replace


class Point(Record):
    """Two fields, one with a default."""

    x: int
    y: int = 2


class Other(Record):
    """The same fields under another name."""

    x: int
    y: int = 2


class Nothing(Record):
    """No field at all, as a rule that has one value."""


def test_equal_by_fields_and_by_type() -> None:
    assert Point(1) == Point(1, 2) == Point(x=1, y=2)
    assert Point(1) != Point(2)
    assert Point(1) != Other(1)
    assert len({Point(1), Point(1, 2), Other(1)}) == 2
    assert Nothing() == Nothing() != Point(1)


def _make(kind: type[Record], *values: object, **named: object) -> Record:
    return kind(*values, **named)


@pytest.mark.parametrize(
    ("kind", "values", "named"),
    [(Point, (), {}), (Point, (1, 2, 3), {}), (Point, (1,), {"x": 1}), (Point, (1,), {"z": 3}), (Nothing, (1,), {})],
)
def test_wrong_arguments_are_refused(kind: type[Record], values: tuple[object, ...], named: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        _make(kind, *values, **named)


def test_it_cannot_be_changed() -> None:
    point = Point(1)
    for name in ("x", "new"):
        with pytest.raises(AttributeError):
            setattr(point, name, 5)
    with pytest.raises(AttributeError):
        del point.x
    assert (point, replace(point, y=5)) == (Point(1, 2), Point(1, 5))


def test_it_shows_its_fields_and_matches_by_position() -> None:
    assert repr(Point(1)) == "Point(x=1, y=2)"
    match Point(3):
        case Point(x, 2):
            assert x == 3
        case _:
            pytest.fail("it does not match")
