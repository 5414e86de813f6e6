"""Routes of consensus: who takes part, what is final."""

from fastapi import APIRouter

from qcref.api.consensus_view import render_finality, render_validators
from qcref.api.context import PROBLEMS, NodeDep
from qcref.api.models_consensus import FinalityView, ValidatorList

router = APIRouter(prefix="/v1", tags=["consensus"], responses=PROBLEMS)


@router.get("/validators")
async def list_validators(node: NodeDep) -> ValidatorList:
    """Every listed validator after the head, with stake and power."""
    return render_validators(node)


@router.get("/finality")
async def get_finality(node: NodeDep) -> FinalityView:
    """The head, what is justified and final on this node, and how deep the rest is."""
    return render_finality(node)
