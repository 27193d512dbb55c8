"""What corporate actions did: other contracts in the place of those that were held."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from closeout.domain.chains import Chain, ChainLink, Change, Deed, Lot
from closeout.domain.history.chronicle import Chronicle
from closeout.domain.occ import option_or_none
from closeout.domain.orders import OrderReport
from closeout.domain.strategies import OPTION_MULTIPLIER


@dataclass(frozen=True, slots=True)
class Adjuster:
    """Follows contracts through changes of their root. `held` is what the account holds now."""

    _chronicle: Chronicle
    _held: frozenset[str]

    def adjust(self, symbols: Iterable[str], order: OrderReport | None = None) -> None:
        """
        Put adjusted contracts (`AAPL1`) in the place of those they were made from.

        A corporate action renames a contract and keeps expiry, right and strike; splits that
        change the strike are not followed. What is still held was not renamed.
        """
        for symbol in symbols:
            option = option_or_none(symbol)
            if option is None or not option.is_adjusted or self._chronicle.known(symbol):
                continue
            old = str(option._replace(root=option.underlying))
            if old in self._held:
                continue
            for chain in self._chronicle.all_with(old):
                wanted = chain.wanted(old)
                if wanted:
                    self._rename(chain, old, symbol, wanted, order)

    def _rename(
        self, chain: Chain, old: str, new: str, wanted: int, order: OrderReport | None
    ) -> None:
        multiplier = self._chronicle.multiplier(new) or OPTION_MULTIPLIER
        for lot in chain.take(old, abs(wanted)):
            # The dollars that were paid stay what they were, whatever a price is now worth.
            price = None if lot.price is None else lot.price * OPTION_MULTIPLIER / multiplier
            self._chronicle.put(chain, new, Lot(lot.quantity, price, lot.at))
        changes = (Change(old, -wanted, None), Change(new, wanted, None))
        at = None if order is None else order.submitted_at
        link = ChainLink(at, Deed.ADJUSTED, "", changes, Decimal(0))
        if chain is not self._chronicle.loose:
            chain.links.append(link)
        else:
            self._chronicle.loose_links[new] = [*self._chronicle.loose_links.pop(old, []), link]
