"""The protocols by name; every number is a parameter with the paper's value as default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

from annotation.projects.protocol.rules import ProtocolError
from annotation.projects.protocol.schema import Protocol
from annotation.projects.protocol.stages import (
    DrawingStage,
    EvaluationStage,
    InitialTrainingStage,
    OutOfFoldStage,
    RepeatedSelectionStage,
    SelectionStage,
    Stage,
    VerificationStage,
)
from annotation.projects.protocol.training import Network, Training


def covid_qu() -> Protocol:
    """COVID-QU's four stages (tahir2021 section 2.2, settings of section 3)."""
    return Protocol(
        name="covid-qu",
        source="tahir2021 section 2.2",
        stages=(
            InitialTrainingStage(
                networks=(Network("unet", "resnet18"), Network("unet", "resnet50"), Network("unet", "densenet121"))
            ),
            EvaluationStage(),
            SelectionStage(
                networks=tuple(
                    Network(architecture, encoder)
                    for architecture in ("unet", "unetplusplus", "fpn")
                    for encoder in ("resnet18", "densenet121")
                )
            ),
            VerificationStage(),
        ),
    )


def qata() -> Protocol:
    """QaTa-COV19's two stages (degerli2021 section II-B, settings of section III-B): MDs draw some films, networks that
    never saw them compete with the drawings, and five networks that learnt from what MDs chose draw the rest."""
    return Protocol(
        name="qata",
        source="degerli2021 section II-B",
        stages=(
            DrawingStage(),
            OutOfFoldStage(
                networks=(Network("unet", "densenet121"), Network("unet", "resnet18"), Network("unet", "resnet50"))
            ),
            RepeatedSelectionStage(
                networks=(
                    Network("unet", "densenet121"),
                    Network("unet", "resnet50"),
                    Network("unetplusplus", "densenet121"),
                    Network("unetplusplus", "resnet50"),
                    Network("dla", "densenet121"),
                )
            ),
        ),
        training=Training(
            image_size=224, batch_size=32, epochs=50, learning_rate=1e-4, schedule="constant", early_stopping=0,
            loss="focal_dice",
        ),
        postprocess="none",
    )  # fmt: skip


TARGET_DEFAULTS: dict[str, dict[str, Any]] = {"infection": {"postprocess": "none"}}
"""What a protocol starts from otherwise where another target than the lungs is drawn: dropping regions under 5 % of the
mask would drop small infections."""
PROTOCOLS: dict[str, Callable[[], Protocol]] = {"covid-qu": covid_qu, "qata": qata}


def get_protocol(name: str, **overrides: Any) -> Protocol:
    """A protocol with some parameters changed.

    An override is ``training={"epochs": 10}`` or a stage by its name, ``II={"batch_size": 40}``; a stage's override is
    checked like the stage itself. Raises ProtocolError that lists the valid names.
    """
    if name not in PROTOCOLS:
        raise ProtocolError(
            f"no protocol {name!r}", field="protocol", value=name, remedy=f"use one of {', '.join(sorted(PROTOCOLS))}"
        )
    protocol = PROTOCOLS[name]()
    stages: dict[str, Stage] = {stage.name: stage for stage in protocol.stages}
    training: Training = protocol.training
    for key, values in overrides.items():
        if key == "training":
            training = _changed(training, values, key)
        elif key in stages:
            stages[key] = _changed(stages[key], values, key)
        else:
            raise ProtocolError(
                f"protocol {name} has no part {key!r}", field=key, value=values,
                remedy=f"use training or one of {', '.join(stages)}",
            )  # fmt: skip
    return replace(protocol, stages=tuple(stages.values()), training=training)


def _changed(part: Any, values: dict[str, Any], where: str) -> Any:
    known = {f.name for f in fields(part)}
    for name in values:
        if name not in known:
            raise ProtocolError(
                f"{where} has no parameter {name!r}", field=f"{where}.{name}", value=values[name],
                remedy=f"valid parameters are {', '.join(sorted(known))}",
            )  # fmt: skip
    return replace(part, **values)
