"""
What strategies may come to, by a model: greeks, volatility, expected move, and a picture.

The whole portfolio is laid out as columns and valued in one go. Binary floats, for the screen
alone (I10). What is exact is in `payoff`; the model fills in what is not: the value before
expiry, and that of legs which outlive the first expiry.
"""

from closeout.domain.outlook.model import LegOutlook, Market, Outlook, Picture, Source
from closeout.domain.outlook.outlooks import outlooks
from closeout.domain.outlook.pictures import PICTURE_POINTS

__all__ = ["PICTURE_POINTS", "LegOutlook", "Market", "Outlook", "Picture", "Source", "outlooks"]
