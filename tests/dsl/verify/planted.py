"""Bugs planted in ordinary contracts: what is replaced by what."""

PLANTED = (
    (
        "lending",
        "limit ignores amount",
        "(debts[caller] + amount) * 2 * PRICE_UNIT > ",
        "debts[caller] * 2 * PRICE_UNIT > ",
    ),
    (
        "lending",
        "repay not booked",
        "        debts[caller] -= value\n        total_debt",
        "        total_debt",
    ),
    ("lending", "any sets price", "set_price(p: u64) by admin", "set_price(p: u64) by anyone"),
    (
        "lending",
        "withdraw debit of other",
        "        deposits[caller] -= amount\n        total_deposits",
        "        deposits[this] -= amount\n        total_deposits",
    ),
    (
        "rental",
        "claim above",
        "fails ClaimTooLarge(deposit) when amount > deposit",
        "fails ClaimTooLarge(deposit) when amount > deposit + 1",
    ),
    (
        "rental",
        "double pay",
        "        pay(landlord, award)\n",
        "        pay(landlord, award)\n        pay(landlord, award)\n",
    ),
    ("rental", "moved in short", "when value != deposit", "when value > deposit"),
    (
        "rental",
        "early claim by anyone",
        "claim_damage(amount: u128) by (caller == landlord)",
        "claim_damage(amount: u128) by anyone",
    ),
    ("tips", "fee lost", "        fees += fee\n", "        pass\n"),
    ("tips", "not zeroed", "        tips[caller] = 0\n", ""),
    ("tips", "fees paid twice", "        fees = 0\n", ""),
    ("names", "expiry off", "e.expires < now", "e.expires <= now"),
    (
        "names",
        "transfer by anyone",
        (
            "        fails NotYours when entries[key].owner != some(caller)\n"
            "        modifies entries[key]\n"
        ),
        "        modifies entries[key]\n",
    ),
    (
        "names",
        "target of others",
        (
            "        fails NotYours when entries[key].owner != some(caller)\n"
            "        modifies entries[key].target\n"
        ),
        "        modifies entries[key].target\n",
    ),
    (
        "names",
        "price open",
        "set_price(price: u128) by registrar",
        "set_price(price: u128) by anyone",
    ),
    ("raffle", "sells late", "when now >= closes_at or drawn", "when now > closes_at or drawn"),
    ("raffle", "cancel pays twice", "            pay(t, price)", "            pay(t, price * 2)"),
    ("raffle", "cancel open", "        drawn = true\n        for", "        for"),
    ("payroll", "not reserved", "        reserved += due\n", "        pass\n"),
    ("payroll", "withdraw reserve", "when amount > balance - reserved", "when amount > balance"),
    ("payroll", "hire paid", "Job(rate, now, true)", "Job(rate, now + 1, true)"),
    ("timebank", "limit 11", "given[caller] + LIMIT\n", "given[caller] + LIMIT + 1\n"),
    (
        "timebank",
        "no member",
        "when not members[caller] or not members[helper]",
        "when not members[caller]",
    ),
    ("timebank", "lost", "        given[helper] += hours", "        given[helper] = hours"),
    (
        "swap_pair",
        "round up",
        "let out = reserve_y * x_in // (reserve_x + x_in)",
        "let out = div_up(reserve_y * x_in, reserve_x + x_in)",
    ),
    (
        "swap_pair",
        "old reserve",
        "mul_div(reserve_x, y_in, reserve_y + y_in)",
        "mul_div(reserve_x, y_in, reserve_y)",
    ),
    ("swap_pair", "free shares", "total_shares += min(x, y)", "total_shares += max(x, y)"),
    (
        "allowance",
        "cumulative",
        "fails OverAllowance(weekly[caller]) when amount > left_of(caller)",
        "fails OverAllowance(weekly[caller]) when amount > weekly[caller]",
    ),
    (
        "allowance",
        "week forgot",
        "spent[caller][week()] += amount",
        "spent[caller][week()] = amount",
    ),
    (
        "voting",
        "twice",
        "        fails AlreadyVoted when voted[caller]\n        fails NoSuchOption",
        "        fails NoSuchOption",
    ),
    ("voting", "handed kept", "        weight[caller] = 0\n", ""),
    ("voting", "to voted", "when voted[to] or weight[to] == 0", "when weight[to] == 0"),
    ("bounty", "kept", "        tasks[id].stage = Stage.Withdrawn\n", "        pass\n"),
    (
        "bounty",
        "worker accepts",
        (
            "        fails NotSponsor when tasks[id].sponsor != some(caller)\n"
            "        modifies tasks[id].stage\n        emits"
        ),
        "        modifies tasks[id].stage\n        emits",
    ),
    (
        "bounty",
        "pay twice",
        "                pay(w, tasks[id].reward)",
        "                pay(w, tasks[id].reward)\n                pay(w, tasks[id].reward)",
    ),
    ("rosca", "paid twice", "        fails AlreadyPaid when paid[round][caller]\n", ""),
    ("rosca", "pot of the next", "        paid_in_round = 0\n", "        pass\n"),
    ("rosca", "early pot", "        fails NotAllPaid when paid_in_round != 5\n", ""),
)
