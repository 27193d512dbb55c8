"""What happened without an order: assignment, exercise, expiry, and the shares they moved."""

from dataclasses import dataclass
from decimal import Decimal

from closeout.domain.chains import Change, Deed, Lot
from closeout.domain.history.chronicle import Chronicle
from closeout.domain.settlements import Settlement, SettlementKind

_DEEDS = {
    SettlementKind.ASSIGNED: Deed.ASSIGNED,
    SettlementKind.EXERCISED: Deed.EXERCISED,
    SettlementKind.EXPIRED: Deed.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class SettlementReplay:
    """Takes settlements into the chronicle, oldest first."""

    _chronicle: Chronicle

    def take(self, settlement: Settlement) -> None:
        deed = _DEEDS.get(settlement.kind)
        if deed is None:
            self._deliver(settlement)
            return
        symbol, quantity = settlement.symbol, int(abs(settlement.quantity))
        wants = [chain.wanted(symbol) for chain in self._chronicle.all_with(symbol)]
        longs = sum(max(0, wanted) for wanted in wants)
        shorts = sum(max(0, -wanted) for wanted in wants)
        if deed is Deed.EXPIRED and longs and shorts:
            # Alpaca tells of the net, and no side lives on after the expiry.
            self._settle(settlement, deed, -longs)
            self._settle(settlement, deed, shorts)
        elif deed is Deed.ASSIGNED or (deed is Deed.EXPIRED and shorts):
            self._settle(settlement, deed, min(quantity, shorts))
        else:
            self._settle(settlement, deed, -min(quantity, longs))

    def _settle(self, settlement: Settlement, deed: Deed, gone: int) -> None:
        """Take contracts that ended without a trade: they are worth nothing any more."""
        if gone:
            self._chronicle.spread(settlement, deed, [Change(settlement.symbol, gone, Decimal(0))])

    def _deliver(self, settlement: Settlement) -> None:
        """Shares that come are loose; those that go are taken wherever they are."""
        trade = Change(settlement.symbol, int(settlement.quantity), settlement.price)
        if not trade.quantity:
            return
        chronicle = self._chronicle
        for rest in chronicle.spread(settlement, Deed.DELIVERED, [trade]):
            lot = Lot(rest.quantity, rest.price, settlement.at)
            chronicle.put(chronicle.loose, rest.symbol, lot)
            chronicle.link(chronicle.loose, settlement, Deed.DELIVERED, [rest], Decimal(0))
