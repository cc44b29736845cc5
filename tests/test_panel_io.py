"""What is written comes back as it was, and nothing is left half written."""

import json

import numpy as np
import pandas as pd
import pytest
from pyarrow import parquet

from jobteams_lab import Panel, panel_io


def hard_numbers(**columns):
    """Wages that need all 17 digits, negative and tiny ones; an extra with a hole."""
    rng = np.random.default_rng(0)
    wage = rng.normal(size=500) * 10.0 ** rng.integers(-300, 300, 500)
    frame = pd.DataFrame(
        {
            "worker": np.arange(500),
            "firm": rng.integers(0, 9, 500),
            "start": rng.random(500),
            "end": 1 + rng.random(500),
            "wage": wage,
            "truth": np.where(wage > 0, rng.random(500), np.nan),
            "manager": wage > 1,
        }
    )
    return Panel(frame.assign(**columns), window=(-0.1, 2.7))


def careers(step=1):
    """Three jobs of two workers, in whole months if `step` is a whole number."""
    frame = pd.DataFrame(
        {
            "worker": [1, 1, 2],
            "firm": ["x", "y", "y"],
            "start": [0, 4 * step, 2],
            "end": [4 * step, 7, 3],
            "wage": [1.5, 2.5, 0.1],
        }
    )
    return Panel(frame, window=(0, 9))


@pytest.mark.parametrize("name", ["panel.parquet", "panel.csv"])
def test_numbers_come_back_exactly(tmp_path, name):
    panel = hard_numbers(origin="firm")
    panel.write(tmp_path / name)
    back = Panel.read(tmp_path / name, window=panel.window)
    pd.testing.assert_frame_equal(back.data, panel.data, check_exact=True)


def test_parquet_keeps_the_window_and_csv_does_not(tmp_path):
    panel = hard_numbers()
    panel.write(tmp_path / "a.parquet")
    panel.write(str(tmp_path / "a.csv"))
    assert Panel.read(str(tmp_path / "a.parquet")).window == (-0.1, 2.7)
    assert Panel.read(tmp_path / "a.parquet", window=(-1, 9)).window == (-1, 9)
    data = panel.data
    assert Panel.read(tmp_path / "a.csv").window == (
        data["start"].min(),
        data["end"].max(),
    )


@pytest.mark.parametrize("name", ["panel.parquet", "panel.csv"])
def test_spells_keep_their_sums(tmp_path, name):
    spells = careers().months().spells(gap=1)
    spells.write(tmp_path / name)
    back = Panel.read(tmp_path / name, window=spells.window)
    pd.testing.assert_frame_equal(back.data, spells.data, check_exact=True)
    pd.testing.assert_frame_equal(back.cells(logs=True), spells.cells(logs=True))


def test_text_that_looks_like_numbers(tmp_path):
    frame = pd.DataFrame(
        {"worker": ["007", "12"], "firm": ["NA", "nan"], "period": 0, "wage": 1.0}
    )
    panel = Panel(frame)
    panel.write(tmp_path / "a.parquet")
    panel.write(tmp_path / "a.csv")
    assert Panel.read(tmp_path / "a.parquet").workers.tolist() == ["007", "12"]
    plain = Panel.read(tmp_path / "a.csv")
    assert plain.workers.tolist() == [7, 12]
    assert plain.firms.tolist() == ["NA", "nan"]
    text = Panel.read(tmp_path / "a.csv", ids="string")
    pd.testing.assert_frame_equal(text.data, panel.data)


def test_ids_can_be_read_as_text_from_parquet_too(tmp_path):
    small = Panel(pd.DataFrame({"worker": [2, 10], "firm": 1, "period": 0, "wage": 1}))
    small.write(tmp_path / "a.parquet")
    back = Panel.read(tmp_path / "a.parquet", ids="string")
    assert back.workers.tolist() == ["10", "2"]


def test_a_table_that_another_program_wrote(tmp_path):
    frame = pd.DataFrame(
        {"worker": [1, 1], "firm": [1, 2], "period": [1, 0], "wage": 1}
    )
    frame.to_parquet(tmp_path / "a.parquet")
    assert Panel.read(tmp_path / "a.parquet").data["firm"].tolist() == [2, 1]


@pytest.mark.parametrize("path", ["panel.pkl", "panel", "panel.parquet.gz"])
def test_other_suffixes_are_refused(tmp_path, path):
    with pytest.raises(ValueError, match=r"must end in \.parquet or \.csv"):
        hard_numbers().write(tmp_path / path)
    with pytest.raises(ValueError, match=r"must end in \.parquet or \.csv"):
        Panel.read(tmp_path / path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["panel.parquet", "panel.csv"])
def test_files_that_are_no_panel(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(FileNotFoundError, match=f"There is no file .*{name}"):
        Panel.read(path)
    path.write_bytes(b"\xff\x00 nothing\n\n")
    with pytest.raises(ValueError, match=f"{name} is not a "):
        Panel.read(path)
    table = pd.DataFrame({"worker": [1], "firm": [1]})
    table.to_csv(path) if path.suffix == ".csv" else table.to_parquet(path)
    with pytest.raises(ValueError, match=f"{name} is not a panel: .*lacks wage and"):
        Panel.read(path)


def test_ids_argument_is_checked(tmp_path):
    hard_numbers().write(tmp_path / "a.csv")
    with pytest.raises(ValueError, match="ids = 'int' is not known"):
        Panel.read(tmp_path / "a.csv", ids="int")


def test_what_is_no_path_is_named():
    for no_path in (3, None, b"panel.csv"):
        with pytest.raises(TypeError, match=f"{no_path!r} is not a path: give"):
            panel_io.destination(no_path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*deep: make it first"):
        hard_numbers().write(tmp_path / "deep" / "a.parquet")


@pytest.mark.parametrize("name", ["panel.parquet", "panel.csv"])
def test_a_write_that_fails_leaves_the_old_file_alone(tmp_path, name, monkeypatch):
    path = tmp_path / name
    hard_numbers().write(path)
    old = path.read_bytes()

    def fail(panel, partial):
        partial.write_bytes(b"half")
        raise RuntimeError("disk full")

    monkeypatch.setattr(panel_io, "_write_parquet", fail)
    monkeypatch.setattr(panel_io, "_write_csv", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        hard_numbers().write(path)
    assert path.read_bytes() == old
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["panel.parquet", "panel.csv"])
def test_who_is_reading_the_old_file_goes_on_reading_it(tmp_path, name):
    path = tmp_path / name
    careers().write(path)
    old = path.read_bytes()
    with path.open("rb") as reader:
        hard_numbers().write(path)
        assert reader.read() == old
    assert path.read_bytes() != old


def test_a_column_that_parquet_cannot_hold(tmp_path):
    frame = pd.DataFrame({"worker": [1, 2], "firm": 1, "period": 0, "wage": 1.0})
    panel = Panel(frame.assign(odd=[1, "two"]))
    with pytest.raises(TypeError, match=r"column that Parquet cannot hold .*odd"):
        panel.write(tmp_path / "a.parquet")
    assert list(tmp_path.iterdir()) == []


def test_the_window_is_stored_as_plain_text(tmp_path):
    hard_numbers().write(tmp_path / "a.parquet")
    metadata = parquet.read_schema(tmp_path / "a.parquet").metadata
    assert json.loads(metadata[b"jobteams_lab"]) == {"window": [-0.1, 2.7]}


def test_bipartitepandas_months_and_back():
    months = careers().months()
    table = months.to_bipartitepandas()
    assert list(table.columns) == ["i", "j", "y", "t"]
    assert table["t"].tolist() == months.data["start"].tolist()
    back = Panel.from_bipartitepandas(table, window=months.window)
    columns = ["worker", "firm", "start", "end", "wage"]
    pd.testing.assert_frame_equal(back.data[columns], months.data[columns])


def test_bipartitepandas_spells_and_back():
    spells = careers()
    table = spells.to_bipartitepandas()
    assert list(table.columns) == ["i", "j", "y", "t1", "t2"]
    assert (table["t2"] == spells.data["end"] - 1).all()
    back = Panel.from_bipartitepandas(table, window=spells.window)
    columns = ["worker", "firm", "start", "end", "wage"]
    pd.testing.assert_frame_equal(back.data[columns], spells.data[columns])


def test_bipartitepandas_refusals():
    with pytest.raises(ValueError, match=r"call \.months\(\) first"):
        careers(step=0.9).to_bipartitepandas()
    with pytest.raises(ValueError, match="lacks j, t1, t2: give"):
        Panel.from_bipartitepandas(pd.DataFrame({"i": [1], "j1": [1], "y": [1]}))
    with pytest.raises(TypeError, match="not a list"):
        Panel.from_bipartitepandas([])
