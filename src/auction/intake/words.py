"""What owners call our columns and tables: English, Chinese, German, French, Spanish."""

from __future__ import annotations

from typing import Final

#: Headers by our column, parted by commas. What follows a ``*`` may mean something else
#: as well, what follows a second one probably does.
SYNONYMS: Final[dict[str, str]] = {
    "vehicle_id": (
        "vehicle id, unit id, unit number, stock number, stock no, stock id, asset id, "
        "contract id, fahrzeug id, fahrzeug nr, fahrzeugnummer, "
        "id vehicule, id vehiculo, 车辆编号, 车辆id, "
        "车源编号, *, carid, lot id, ref id, unit, id, 编号"
    ),
    "sale_id": (
        "sale id, sales id, offering id, listing id, lot id, lot number, transaction id, "
        "verkaufs id, id vente, id venta, 交易编号, 订单编号, 成交编号, *, ref id, auction id, "
        "carid, record id, id, 编号, 车辆编号, vorgang, vorgangsnummer"
    ),
    "vin": (
        "vin, vin number, chassis number, vehicle identification number, fin, fahrgestellnummer, "
        "numero de chassis, bastidor, 车架号, 车辆识别代号, 车辆识别码"
    ),
    "make": (
        "make, brand, manufacturer, marke, hersteller, marque, marca, fabricante, 品牌, 厂牌, "
        "品牌id"
    ),
    "model": "model, model name, modell, modele, modelo, 车系, 车系id, 型号, *, 车型",
    "variant": (
        "variant, trim, trim level, version, derivative, ausstattung, finition, acabado, 车型, "
        "车型id, 款型, 配置, *, sub model, submodel, series"
    ),
    "body": (
        "body, body type, body style, bodystyle, karosserie, aufbau, carrosserie, carroceria, "
        "车身, 车身形式, 车身类型, *, sub model"
    ),
    "powertrain": (
        "powertrain, fuel, fuel type, engine type, kraftstoff, antrieb, carburant, energie, "
        "combustible, 燃油类型, 燃料类型, 能源类型, 动力类型"
    ),
    "segment": (
        "segment, vehicle class, size class, fahrzeugklasse, segmento, 车辆级别, 细分市场, *, "
        "size, class, category"
    ),
    "model_year": (
        "model year, year, veh year, vehicle year, year of manufacture, modelljahr, baujahr, "
        "annee modele, annee, ano modelo, ano, 年款, 年份, 出厂年份"
    ),
    "first_registered": (
        "first registered, first registration, registration date, reg date, erstzulassung, "
        "mise en circulation, date de mise en circulation, matriculacion, "
        "fecha de matriculacion, 上牌日期, 首次上牌, 初登日期, 首次登记日期, *, 注册日期, "
        "上牌时间"
    ),
    "odometer": (
        "odometer, odometer reading, odo, veh odo, mileage, miles, kilometers, kilometres, km, "
        "mileage km, kilometerstand, laufleistung, kilometrage, kilometraje, 里程, 行驶里程, "
        "表显里程, 公里数"
    ),
    "condition_grade": (
        "condition grade, condition, grade, cr score, condition score, cr grade, zustandsnote, "
        "zustand, etat, estado, 车况, 车况评分, 评级, 车况等级"
    ),
    "damage": (
        "damage, damage level, damage type, schaden, dommage, dano, 损伤, 事故, *, "
        "damage description"
    ),
    "repair_estimate": (
        "repair estimate, repair cost, recon estimate, reconditioning, reparaturkosten, "
        "cout de reparation, 维修费用, 整备费用, 预估维修费"
    ),
    "region": (
        "region, state, province, county, area, veh state, bundesland, comunidad, 地区, 省份, "
        "所在地区, 车辆所在城市, 所在城市, 城市, *, location, city, vnst, standort, stadt, ville, "
        "ciudad, 车辆所在城市id"
    ),
    "postcode": (
        "postcode, postal code, zip, zip code, zipcode, plz, postleitzahl, code postal, "
        "codigo postal, 邮编, 邮政编码, *, vnzip1"
    ),
    "lat": "lat, latitude, breitengrad, latitud, 纬度",
    "lon": "lon, lng, long, longitude, langengrad, longitud, 经度",
    "title_status": "title status, title, papers, 产权状态, 手续状态",
    "guide_value": (
        "guide value, guide price, mmr, book value, market value, trade value, black book, "
        "cap clean, schwacke, dat wert, cote argus, argus, 评估价, 车300评估价, *, "
        "mmr acquisition auction average price, estimate, valuation"
    ),
    "loan_balance": (
        "loan balance, balance, outstanding balance, payoff, receivable, restschuld, encours, "
        "saldo, 贷款余额, 剩余本金, 未还本金, 欠款"
    ),
    "redemption_chance": (
        "redemption chance, chance of redemption, redemption probability, "
        "reinstatement probability, 赎回概率, 赎回可能性"
    ),
    "redeemable_until": (
        "redeemable until, redemption deadline, redemption period end, last day to redeem, "
        "赎回期限, 赎回截止日"
    ),
    "redemption_amount": (
        "redemption amount, amount to redeem, payoff amount, reinstatement amount, 赎回金额"
    ),
    "recovered_on": (
        "recovered on, recovered, recovery date, repossession date, repo date, repossessed on, "
        "sicherstellungsdatum, sicherstellung am, sichergestellt am, 收车日期, 入库日期, 回收日期"
    ),
    "available_from": (
        "available from, available, ready date, available date, verfugbar ab, 可售日期, 可处置日期"
    ),
    "run_count": "run count, runs, times run, offerings, 上拍次数, 流拍次数",
    "run": "run, run number, attempt, 上拍轮次",
    "offered_on": (
        "offered on, sale date, sold on, sold date, auction date, date of sale, saledate, "
        "offer date, purch date, purchase date, listed on, listing date, push date, first seen, "
        "verkaufsdatum, auktionsdatum, date de vente, fecha de venta, 上架日期, 上架时间, "
        "拍卖日期, 交易日期, 成交日期, *, date, datum, fecha, 日期, 展销时间"
    ),
    "closed_on": (
        "closed on, close date, closing date, end date, delisted on, pull date, last seen, "
        "下架日期, 下架时间, 成交时间, *, withdraw date, sold on, sold date, 成交日期"
    ),
    "venue_id": (
        "venue id, venue, site, auction house, auction site, auction name, yard, auktionshaus, "
        "拍卖行, 拍卖场, 门店, *, auction, location id"
    ),
    "channel": "channel, sale type, sales channel, vertriebskanal, kanal, canal, 渠道, 销售渠道",
    "outcome": (
        "outcome, result, sale result, sale status, sold status, ergebnis, resultat, resultado, "
        "成交状态, 交易状态, 拍卖结果, *, status, sold"
    ),
    "price": (
        "price, sale price, selling price, sellingprice, sold price, hammer price, hammer, "
        "final price, veh b cost, verkaufspreis, preis, zuschlag, zuschlagspreis, "
        "prix de vente, prix, precio de venta, precio, 成交价, 成交价格, 销售价格, 售价, *, "
        "last price, price nzd, max price, purchase price, amount, 价格, *, target"
    ),
    "reserve": (
        "reserve, reserve price, floor price, limitpreis, mindestpreis, prix de reserve, "
        "precio de reserva, 保留价"
    ),
    "list_price": (
        "list price, asking price, advertised price, push price, angebotspreis, prix affiche, "
        "precio anunciado, 上架价格, 挂牌价, 标价"
    ),
    "opening_bid": (
        "opening bid, start price, starting bid, open bid, first price, startpreis, mise a prix, "
        "起拍价"
    ),
    "high_bid": "high bid, highest bid, top bid, max price, hochstgebot, 最高出价",
    "bidders": "bidders, bidder count, number of bidders, bieter, 竞价人数, 出价人数",
    "seller_kind": (
        "seller kind, seller type, vendor type, consignor type, 卖家类型, *, seller, vendor"
    ),
    "name": "name, venue name, site name, 名称, 场地名称",
    "format": "format, sale format, 拍卖形式",
    "accepts": "accepts, takes, 接受车况",
    "fee_sale": (
        "fee sale, sale fee, seller fee, sell fee, verkaufsgebuhr, frais de vente, 成交费, 卖方佣金"
    ),
    "fee_rate": "fee rate, commission, commission rate, provision, tasa, 佣金比例, 服务费率",
    "fee_least": (
        "fee least, min fee, minimum fee, fee floor, mindestgebuhr, frais minimum, "
        "comision minima, 最低收费, 最低佣金"
    ),
    "fee_most": (
        "fee most, max fee, maximum fee, fee cap, hochstgebuhr, maximalgebuhr, frais maximum, "
        "comision maxima, 最高收费, 封顶佣金"
    ),
    "fee_no_sale": "fee no sale, no sale fee, unsold fee, 流拍费",
    "return_rate": (
        "return rate, arbitration rate, share returned, rucknahmequote, taux de retour, "
        "tasa de devolucion, 退车率, 仲裁率"
    ),
    "return_cost": (
        "return cost, cost per return, arbitration cost, rucknahmekosten, cout de retour, "
        "coste de devolucion, 退车费用"
    ),
    "return_discount": (
        "return discount, discount after return, rucknahmeabschlag, decote apres retour, "
        "descuento por devolucion, 退车折价"
    ),
    "charged_on": (
        "charged on, fee type, fee kind, gebuhrenart, type de frais, tipo de comision, 收费类型"
    ),
    "above": (
        "above, from price, price from, price above, tier from, preis ab, preis uber, ab preis, "
        "prix a partir de, prix superieur a, precio desde, 起始价, 价格下限, 价格起点"
    ),
    "fee": (
        "fee, fixed fee, tier fee, flat fee, gebuhr, festgebuhr, frais, comision fija, 收费, "
        "固定费用"
    ),
    "rate": (
        "rate, tier rate, percent of price, share of price, satz, gebuhrensatz, taux, "
        "porcentaje, 费率, 收费比例"
    ),
    "tax_rate": "tax rate, vat, vat rate, mwst, tva, iva, 税率",
    "settlement_days": (
        "settlement days, payment days, days to payment, zahlungsziel, 结算天数, 回款天数"
    ),
    "entry_days": "entry days, cut off days, entry cut off, 入场提前天数",
    "display_days": "display days, viewing days, 展示天数",
    "weekly_units": "weekly units, weekly capacity, units per week, 每周容量",
    "labour_rate": "labour rate, labor rate, hourly rate, 工时费",
    "event_id": "event id, sale event, auction event, event, 场次编号, 场次",
    "date": "date, event date, sale date, month, datum, fecha, 日期, *, scrape date, changed on",
    "capacity": "capacity, slots, lanes, units, kapazitat, capacite, capacidad, 容量, 车位",
    "series": "series, index name, index, indicator, serie, 指数, 指数名称",
    "released_on": "released on, release date, published, publication date, 发布日期",
    "value": "value, level, index value, wert, valeur, valor, 指数值, 数值",
    "offer_id": "offer id, bid id, quote id, angebots id, 报价编号",
    "kind": "kind, type, hold type, instrument, art, tipo, 类型, 种类",
    "max_age_years": "max age years, max age, maximum age, 最大车龄",
    "max_odometer": "max odometer, max mileage, maximum mileage, 最大里程",
    "min_grade": "min grade, minimum grade, 最低评级",
    "guide_rate": "guide rate, rate of guide, percent of guide, 评估价比例",
    "list_days": "list days, listing days, 上架天数",
    "market_rate": "market rate, share of market, percent of market, 市场价比例",
    "package": "package, bundle, lot package, 打包, 资产包",
    "package_min_units": "package min units, package minimum, 打包最少台数",
    "min_units": "min units, minimum units, minimum, 最少台数",
    "max_units": "max units, maximum units, maximum, 最多台数",
    "valid_from": "valid from, start date, gultig ab, valable du, 有效期起, 生效日期",
    "valid_until": (
        "valid until, valid to, end date, expires, gultig bis, valable jusqu au, 有效期止"
    ),
    "reconditioning_id": "reconditioning id, work id, repair id, 整备编号",
    "max_grade": "max grade, maximum grade, 最高评级",
    "to_grade": "to grade, grade after, target grade, 整备后评级",
    "to_damage": "to damage, damage after, 整备后损伤",
    "group": "group, part group, model group, 车型组",
    "part": "part, part name, component, teil, piece, pieza, 配件, 零件",
    "chance": "chance, recovery rate, probability, 回收率",
    "chance_light": "chance light, chance light damage, recovery rate light, 轻损回收率",
    "chance_heavy": "chance heavy, chance heavy damage, recovery rate heavy, 重损回收率",
    "weight_kg": "weight kg, weight, scrap weight, gewicht, poids, peso, 重量",
    "platinum_g": "platinum g, platinum, platin, 铂",
    "palladium_g": "palladium g, palladium, 钯",
    "rhodium_g": "rhodium g, rhodium, 铑",
    "days_to_cash": "days to cash, days to sell, 回款周期",
    "market_units": "market units, demand, 市场容量",
    "price_fall": "price fall, price drop, 降价幅度",
    "labour_hours": "labour hours, labor hours, hours, arbeitsstunden, 工时",
    "needs": "needs, requires, after, 前置",
    "legal_class": "legal class, legal status, 法律类别",
    "from_region": "from region, from, origin, von, de, desde, 起运地, 出发地",
    "to_region": "to region, to, destination, nach, vers, hasta, 目的地, 到达地",
    "cost": "cost, freight, transport cost, kosten, cout, coste, 运费, 费用",
    "days": "days, transit days, lead time, tage, jours, dias, 天数, 运输天数",
    "hedge_id": "hedge id, instrument id, contract, 合约编号",
    "strike": "strike, strike rate, floor, 行权价",
    "expiry": "expiry, expiry date, maturity, 到期日",
    "premium": "premium, 保费, 权利金",
    "lot": "lot, lot size, notional, 合约规模",
    "limit": "limit, available units, 额度",
    "share": "share, ceded share, cession, 分出比例",
    "coverage_by": "coverage_by, covered property, 承保维度",
    "coverage": "coverage, covers, covered, 承保范围",
    "menu": "menu, menu entry, package of covers, 方案",
    "insured_on": "insured_on, insured on, sum insured by, 保额依据",
    "deductible": "deductible, excess, retention, 免赔额",
    "max_payout": "max_payout, largest payout, maximum indemnity, cover limit, 最高赔付比例",
    "what": "what, commitment, committed as, 承诺类型",
    "units": "units, number of units, count, 台数",
    "counterparty": "counterparty, insurer, bank, 交易对手, 保险公司",
    "until": "until, end, hold until, end date, bis, jusqu au, hasta, 截止日期, 止",
    "action": "action, pin or ban, 操作",
    "reason": "reason, why, note, grund, motif, motivo, 原因, 理由",
    "stage": "stage, appraisal stage, desk or site, 评估阶段",
    "appraised_on": (
        "appraised on, appraisal date, inspected on, inspection date, 评估日期, 查勘日期"
    ),
    "grade": "appraised grade, inspected grade, 查勘评级",
    "appraiser": "appraiser, inspector, surveyor, gutachter, expert, 评估师, 查勘员",
    "who": "who, user, by, decided by, wer, par, 操作人",
}

#: What the name of a file says of the table in it.
FILE_WORDS: Final[dict[str, str]] = {
    "vehicles": (
        "vehicles vehicle fleet stock inventory units bestand flotte parc flota 库存 车辆 待处置"
    ),
    "sales": (
        "sales sale sold history offerings purchases transactions wholesale results lots "
        "listings verkaufe ventes ventas 销售 成交 交易 历史"
    ),
    "price_changes": "markdowns pricechanges bidpaths reprices preisanderungen 调价 改价",
    "index": "index indices indexes 指数",
    "places": "places postcodes zips plz 邮编",
    "venues": "venues sites yards dealers partner 场地 拍卖行",
    "fees": (
        "fees charges commissions feeschedule gebuhren gebuhrentabelle provisionen frais bareme "
        "comisiones 收费 费率 手续费"
    ),
    "events": "events calendar schedule kalender 场次 日历",
    "offers": "offers quotes angebote offres ofertas 报价",
    "reconditioning": "reconditioning refurbishment repairs workshop aufbereitung 整备 翻新",
    "parts": "parts teile pieces piezas 配件",
    "tariffs": "tariffs lanes freight transport 运费",
    "hedges": "hedges protection 对冲 保险",
    "holds": "holds bars legal 扣押 冻结",
    "overrides": "overrides pins bans 指令",
    "commitments": "commitments committed dispatched promised zusagen 已承诺 已派发",
    "appraisals": "appraisals appraisal valuations inspections gutachten expertises 评估 查勘",
}
