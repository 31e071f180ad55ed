"""Foreign files: which table each is, how its columns map onto ours, a workspace to review."""

from auction.intake.folder import write_proposal
from auction.intake.proposal import ColumnProposal, Proposal, TableProposal
from auction.intake.propose import propose

__all__ = ["ColumnProposal", "Proposal", "TableProposal", "propose", "write_proposal"]
