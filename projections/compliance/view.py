"""Whether promises are kept: judgements, where every commitment stands, breaches and the cases they open."""

from typing import Final

from domain.tariffs.breach import BreachDetected, VerdictRevised
from domain.tariffs.case import (
    CaseAccepted,
    CaseCorrected,
    CaseDisputed,
    CaseExplained,
    CaseFellDue,
    CaseNoticeGiven,
    CaseOpened,
    CaseReopened,
    CaseRevised,
    FormalNoticeSent,
)
from domain.tariffs.judgement import TariffJudged
from projections.compliance import cases, judgements
from projections.compliance.cases import CASE_FILE, CASE_STEP
from projections.compliance.judgements import BREACH, JUDGED, JUDGEMENT, STANDING, VERDICT
from projections.engine.view import View

VIEW: Final = View("compliance", 2, (JUDGEMENT, JUDGED, STANDING, BREACH, VERDICT, CASE_FILE, CASE_STEP))


VIEW.on(TariffJudged)(judgements.judged)
VIEW.on(BreachDetected)(judgements.detected)
VIEW.on(VerdictRevised)(judgements.revised)
VIEW.on(CaseOpened)(cases.opened)
VIEW.on(CaseRevised)(cases.revised)
VIEW.on(CaseReopened)(cases.reopened)
VIEW.on(CaseCorrected)(cases.corrected)
VIEW.on(CaseExplained)(cases.explained)
VIEW.on(CaseDisputed)(cases.disputed)
VIEW.on(CaseAccepted)(cases.accepted)
VIEW.on(FormalNoticeSent)(cases.formal_notice_sent)
VIEW.on(CaseNoticeGiven)(cases.notice_given)
VIEW.on(CaseFellDue)(cases.fell_due)
