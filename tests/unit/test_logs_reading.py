import json
import time
from pathlib import Path

import numpy as np
import pytest

from convergence.errors import LogError
from convergence.logs import Log, aligned, read_logs

K = np.arange(1, 201)
LOSS = 2.0 / K


def one(log: Log) -> tuple[np.ndarray, np.ndarray]:
    assert len(log.groups) == 1
    return aligned(log.groups[0].runs)


def csv(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_csv_guesses_its_columns_and_says_so(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "step,loss,lr", [f"{k},{v},0.1" for k, v in zip(K, LOSS, strict=True)])
    log = read_logs([path])
    k, values = one(log)
    assert (log.x, log.y) == ("step", "loss")
    assert np.array_equal(k, K)
    assert values[0] == pytest.approx(LOSS)
    assert "guessed: steps are 'step'" in log.notes
    assert "guessed: errors are 'loss'" in log.notes
    assert not any("oscillations" in note for note in log.notes)  # every step is there


def test_lightning_rows_are_sparse(tmp_path: Path) -> None:
    rows = [f"{k // 10},{k},{v}," for k, v in zip(K, LOSS, strict=True)] + [f"1,{k},,0.5" for k in (50, 100)]
    path = csv(tmp_path / "metrics.csv", "epoch,step,train_loss,val_loss", rows)
    k, values = one(read_logs([path]))
    assert len(k) == 200
    assert np.isfinite(values).all()


def test_keras_counts_epochs(tmp_path: Path) -> None:
    path = csv(tmp_path / "log.csv", "epoch,accuracy,loss,val_loss", [f"{i},0.5,{v},1" for i, v in enumerate(LOSS)])
    log = read_logs([path])
    assert (log.x, log.y) == ("epoch", "loss")


def test_several_rows_a_step_are_averaged(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "step,loss", ["1,2", "1,4", "2,1", "3,1"])
    log = read_logs([path])
    assert one(log)[1].tolist() == [[3.0, 1.0, 1.0]]
    assert any("several rows" in note for note in log.notes)


def test_a_truncated_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("step,loss\n1,0.5\n2,0.25\n3")
    k, _ = one(read_logs([path]))
    assert k.tolist() == [1, 2]


def test_truncated_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.25}\n{"step": 3, "lo')
    k, _ = one(read_logs([path]))
    assert k.tolist() == [1, 2]


def test_nan_rows_stay_nan_and_empty_ones_go(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", "step,loss", ["1,1.0", "2,nan", "3,", "4,0.5"])
    k, values = one(read_logs([path]))
    assert k.tolist() == [1, 2, 4]
    assert np.isnan(values[0, 1])


def test_nan_in_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"step": 1, "loss": 0.5}\n{"step": 2, "loss": NaN}\n{"step": 3, "loss": Infinity}\nbroken\n')
    log = read_logs([path])
    _, values = one(log)
    assert np.isnan(values[0, 1])
    assert np.isinf(values[0, 2])
    assert any("not JSON" in note for note in log.notes)


def test_a_restart_replaces_what_came_after_its_checkpoint(tmp_path: Path) -> None:
    rows = [f"{k},1" for k in range(1, 11)] + [f"{k},2" for k in range(6, 21)]
    log = read_logs([csv(tmp_path / "a.csv", "step,loss", rows)])
    k, values = one(log)
    assert k.tolist() == list(range(1, 21))
    assert values[0, :5].tolist() == [1.0] * 5
    assert values[0, 5:].tolist() == [2.0] * 15
    assert any("a restart at step 6" in note for note in log.notes)


def test_steps_that_begin_again_are_another_run(tmp_path: Path) -> None:
    rows = [f"{k},{s}" for s in (1, 2, 3) for k in range(1, 11)]
    log = read_logs([csv(tmp_path / "a.csv", "step,loss", rows)])
    assert len(log.groups[0].runs) == 3
    assert any("3 runs in one file" in note for note in log.notes)


def test_unordered_rows_are_sorted(tmp_path: Path) -> None:
    order = np.random.default_rng(0).permutation(200)
    log = read_logs([csv(tmp_path / "a.csv", "step,loss", [f"{K[i]},{LOSS[i]}" for i in order])])
    k, values = one(log)
    assert np.array_equal(k, K)
    assert values[0] == pytest.approx(LOSS)
    assert any("not in order" in note for note in log.notes)


def test_runs_told_apart_by_a_column(tmp_path: Path) -> None:
    rows = [f"{k},{s},{v + s}" for k, v in zip(K, LOSS, strict=True) for s in range(3)]
    log = read_logs([csv(tmp_path / "a.csv", "step,seed,loss", rows)])
    assert one(log)[1].shape == (3, 200)
    assert "guessed: runs are told apart by 'seed'" in log.notes
    assert read_logs([tmp_path / "a.csv"], by="SEED").groups[0].runs[0].name == "a:0"


def test_weights_and_biases_exports_have_a_column_a_run(tmp_path: Path) -> None:
    header = '"Step","r-1 - train/loss","r-1 - train/loss__MIN","r-1 - train/loss__MAX","r-2 - train/loss"'
    rows = [f'"{k}","{v}","{v}","{v}","{v}"' for k, v in zip(K, LOSS, strict=True)]
    log = read_logs([csv(tmp_path / "wandb.csv", header, rows)])
    assert [run.name for run in log.groups[0].runs] == ["r-1", "r-2"]
    assert log.y == "train/loss"


def test_hugging_face_trainer_state(tmp_path: Path) -> None:
    history = [{"step": 10 * int(k), "loss": float(v), "epoch": 0.1} for k, v in zip(K, LOSS, strict=True)]
    history.append({"step": 2000, "eval_loss": 0.4})
    (tmp_path / "trainer_state.json").write_text(json.dumps({"epoch": 3.0, "log_history": history}))
    log = read_logs([tmp_path / "trainer_state.json"])
    k, _ = one(log)
    assert len(k) == 200
    assert any("every 10 steps" in note for note in log.notes)


def test_benchopt_parquet_separates_solvers(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "run.parquet"
    rows = ", ".join(f"('{s}', {r}, {k}, {1 / k})" for s in ("gd", "sgd") for r in (0, 1) for k in range(1, 21))
    columns = "solver_name, idx_rep, stop_val, objective_value"
    duckdb.sql(f"COPY (SELECT * FROM (VALUES {rows}) t({columns})) TO '{path}' (FORMAT parquet)")
    log = read_logs([path])
    assert [group.name for group in log.groups] == ["solver_name=gd", "solver_name=sgd"]
    assert [len(group.runs) for group in log.groups] == [2, 2]


def test_numpy_arrays(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", step=K, loss=np.stack([LOSS, LOSS]))
    np.save(tmp_path / "b.npy", LOSS)
    k, values = one(read_logs([tmp_path / "a.npz"]))
    assert np.array_equal(k, K)
    assert values.shape == (2, 200)
    assert one(read_logs([tmp_path / "b.npy"]))[0][-1] == 200


def test_event_files_keep_every_point(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(tmp_path))
    for k in range(1, 12_001):  # the usual reader keeps 10,000 points of a tag
        writer.add_event(Event(step=k, summary=Summary(value=[Summary.Value(tag="loss", simple_value=1 / k)])))
    writer.close()
    log = read_logs([tmp_path])
    k, _ = one(log)
    assert len(k) == 12_000


def test_folders_are_searched_and_files_are_runs(tmp_path: Path) -> None:
    for i in range(3):
        folder = tmp_path / f"version_{i}"
        folder.mkdir()
        csv(folder / "metrics.csv", "step,loss", [f"{k},{v}" for k, v in zip(K, LOSS, strict=True)])
    log = read_logs([tmp_path])
    assert [run.name for run in log.groups[0].runs] == [f"version_{i}/metrics" for i in range(3)]


def test_runs_of_different_length_are_aligned(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", "step,loss", ["1,1", "2,1", "3,1"])
    csv(tmp_path / "b.csv", "step,loss", ["1,1", "3,1"])
    k, values = one(read_logs([tmp_path]))
    assert k.tolist() == [1, 2, 3]
    assert np.isnan(values[1, 1])


def test_rows_without_a_step_column_are_counted(tmp_path: Path) -> None:
    log = read_logs([csv(tmp_path / "a.csv", "loss,other", ["1,x", "0.5,x"])])
    assert one(log)[0].tolist() == [1.0, 2.0]
    assert any("rows are counted from 1" in note for note in log.notes)


def test_a_row_with_a_word_among_numbers_still_counts(tmp_path: Path) -> None:
    log = read_logs([csv(tmp_path / "a.csv", "loss,other", ["1,x", "oops,x", "0.25,x", "0.125,x"])])
    assert one(log)[0].tolist() == [1.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.csv", "", {}, "the file is empty"),
        ("a.xyz", "1", {}, "unknown format '.xyz'; known: csv"),
        ("a.csv", "step,loss\n1,2\n", {"y": "los"}, "no column 'los'; did you mean 'loss'"),
        ("a.csv", "step,loss\n1,2\n", {"x": "time"}, "no column 'time'"),
        ("a.csv", "step,alpha,beta\n1,2,3\n", {}, "which column holds the errors"),
        ("a.csv", "step,loss\nx,y\n", {"y": "loss"}, "no numbers|no row has both"),
        ("a.jsonl", "not json at all\n", {}, "no records|not readable|expected records|no column holds"),
        ("a.parquet", "nonsense", {}, "not readable as parquet"),
        ("a.npy", "nonsense", {}, "not readable as a NumPy archive"),
        ("events.out.tfevents.1", "nonsense", {}, "no scalars|event"),
    ],
)
def test_messages(tmp_path: Path, name: str, content: str, options: dict[str, str], message: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(LogError, match=message):
        read_logs([path], **options)


def test_paths_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="no such file or folder"):
        read_logs([tmp_path / "none.csv"])
    with pytest.raises(LogError, match="the folder holds no csv"):
        read_logs([tmp_path])
    with pytest.raises(LogError, match="no path given"):
        read_logs([])


def test_a_million_rows_in_under_three_seconds(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "a.csv"
    duckdb.sql(f"COPY (SELECT range + 1 AS step, 1 / (range + 1) AS loss FROM range(1000000)) TO '{path}'")
    begin = time.process_time()  # other programs on the machine do not count
    steps, _ = one(read_logs([path]))
    assert len(steps) == 10**6
    assert time.process_time() - begin < 3.0
