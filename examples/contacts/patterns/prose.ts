import { patterns, type Rules } from "../grammar.ts";

/** Sentences of no particular place, put together from parts: who, does what, where, when, to whom. */
export const PROSE: Rules = {
  free: patterns(`
    {who}{vp}。
    {who}{vp}，{who}{vp}。
    {date}，{who}{vp}。
    {link}，{who}{vp}。
    {who}{vp}，{vp}，{vp}。
    {who}在{where}{vp}。
    {date}{who}在{where}{vp}，{link}{clause}。
    在{where}，{who}{vp}。
    {who}(说|表示|认为|告诉{who}|问|提到|称|笑着说)，{clause}。
    {who}(说|问|喊|写道)：“{clause}”
    “{clause}，”{who}(说|回答|补充道)，“{clause}。”
    {clause}，{who}{vp}。
    {who}和{who}{vp}。
    {clause}。{clause}。
    (除了|连|就连|包括){who}(，|在内){who}(也|都|全){vp}。
    (把|将){item}(交给|送给|借给|寄给|卖给){who}。
    {item}(被|由|让){who}{act}(了|过){n}次。
    (是|正是|原来是){who}{act}了{item}。
    {who}(到|去|来){where}{act}{item}。
    从{where}(到|去|搬到){where}(要|大约|得){n}(分钟|公里|小时)。
    {thing}{act}(单位|主体)为{o}，(设计|顾问|监理)为{o}。
    {who}(不是|并非|是|就是){who}，{clause}。
    {who}的{item}、{item}和{item}都{act}了。
    (感谢|多亏|想念|拜访|陪|找|请|联系|通知|告诉|采访|介绍|认识|叫上|遇见){who}，{clause}。
    (如果|要是|等){who}{vp}，{who}就{vp}。
    (因为|由于){who}{vp}，{clause}。
    {idiom}，{who}{vp}。
    {who}{idiom}，{clause}。
    (主演|作词|演唱|译者|供稿|主讲|口述|执笔|题字|剪辑)(：|:| |为){p}[、{p}]
    {who}(创办|加入|离开|收购|起诉|拜访|投资|参观|入股|接管|承包)(了|){o}。
    {o}(收购|起诉|投资|帮扶|赞助|整合|下属|接管|考察)(了|){o}[，{clause}]。
    (住在|位于|坐落在|搬到|寄往|送到|地处|开在|藏身于){a}(的|，){clause}。
    (致电|拨打|回拨|短信|联系|打给|拨通|留下|记下|公布){t}[(时|后)]，{clause}。
    {who}(留下的|登记的|预留|公开)(电话|号码)(是|为){t}，{clause}。
    {a}(一带|附近|门口|周边)(有|多|曾有){item}(出售|)，{clause}。
  `),
  who: patterns(`
    {p}
    {p}
    {p}
    {p}(先生|女士|老师|医生|经理|教授|主任|同学|律师|师傅|同志|院士|警官|校长|小姐|夫妇|一家|本人|团队|等人|一行)
    {job}{p}
    {job}{p}
    (我的|她的|他的)(朋友|同事|老师|邻居|同学|表弟|岳父|妻子|丈夫|女儿){p}
    (网友|村民|市民|患者|学生|业主|家长|读者|店主|球迷|乘客|会员|党员|烈士|志愿者|车主)(“|){p}
    {o}的{p}
    {o}{job}{p}
    {o}
    {o}
    {o}(的{person}|方面|代表|有关负责人|官网|工作人员)
    {people}
    {person}
    {person}
    {person}
    {st}
    {st}
    {quality}的{person}
    (这位|一位|那个|几名|所有|某){person}
  `),
  people: patterns(`
    {p}、{p}
    {p}和{p}
    {p}、{p}、{p}
    {p}、{p}和{p}
    {p} {p} {p}
    {p}，{p}，{p}，{p}
    {p}（{o}）、{p}（{o}）
    {p}({place})、{p}({place})
    {p}/{p}/{p}
    {p}、{p}、{p}、{p}、{p}
    {p}与{p}
  `),
  where: patterns(`
    {place}
    {place}
    {place}
    {a}
    {a}
    {o}
    {o}(门口|大厅|对面|食堂|楼下|附近|总部)
    {room}
    {place}的{room}
    (路边|家里|单位|车上|现场|会上|电话里|微信群里|医院|学校|公司|派出所|法院|银行|超市|小区)
  `),
  vp: patterns(`
    {does}
    {adv}{does}
    {adv}{act}{item}
    {act}(了|过|着){item}
    {adv}{act}{quality}的{item}
    {act}(了|)一(个|份|批|件|台){item}
    对{thing}{adv}{act}
    (把|将){item}{act}了
    (给|向|跟|和|为|替|陪){who}{act}{thing}
    (关心|负责|讨论|重视|了解|研究){thing}和{thing}
    {act}{thing}{n}(次|年|天|遍|小时)
    花(了|){money}{act}{item}
    在{where}{act}{item}
    {date}(要|会|将|才){act}{item}
    (请|让|叫|派|委托){who}{act}{item}
    {adv}{act}，{adv}{act}
    (打算|计划|准备|拒绝|开始|继续|同意|希望){act}{thing}
    (觉得|发现|认为|知道|听说){thing}{quality}
    {rare}{act}{item}
    {rare}了{rare}
  `),
  clause: patterns(`
    {thing}{quality}
    {thing}(很|太|比较|不够|非常|有点|越来越){quality}
    {thing}和{thing}(都|也){quality}
    {person}{vp}
    {person}{does}
    {st}{vp}
    (这|那)(个|次|种){thing}{adv}{act}
    {item}{adv}{act}
    {item}的{thing}{quality}
    {quote}
    {rare}{quality}，{rare}{act}
    (没有|有)(人|谁){vp}
    {idiom}
    {date}{adv}{act}{thing}
    {place}的{thing}{quality}
    {act}{thing}(是|需要){act}{item}
    {who}{vp}
  `),
  quote: patterns(`
    {thing}{quality}，{person}{does}。
    {adv}{act}{thing}，{idiom}！
    (真|太|好|特别){quality}(了|啊)！
    {link}，{thing}{adv}{act}。
    (这|那){n}(天|年|次){adv}{act}{item}，{quality}。
    {person}(都|也|还){act}{thing}，{act}{thing}。
    (希望|建议|但愿)(以后|尽快|能){act}{thing}。
    {item}{quality}，{item}{quality}。
    (早点|别|记得|一起){act}{item}(吧|哦|啊|呢)。
    {thing}(怎么样|好了没|什么时候能好)？
    (我们|你们|他们)(要|应该|一定要){adv}{act}{thing}。
    {en}(的|){thing}{quality}，{act}(一下|了)。
    {date}{adv}{act}{thing}。
    花了{money}，{item}{quality}。
    (从|自){date}(起|开始)，{thing}{adv}{act}。
    {rare}{rare}，{thing}{quality}。
  `),
};

/** Sentences without an entity: everyday prose, and numbers, places and titles that are none. */
export const PLAIN = patterns(`
  {clause_o}。
  {clause_o}，{clause_o}。
  {link}，{clause_o}，{clause_o}。
  {clause_o}；{clause_o}；{clause_o}。
  {date}{place}(多云|晴|小雨|阴转晴|大风)，{thing}{quality}，(最高|最低)气温{n}度。
  {date}，{place}{thing}{quality}，{person}{adv}{act}{item}。
  {person}从{place}(去|到|来)(了|){place}，{n}(天|小时)后{does}。
  {place}和{place}(之间|都|的){thing}{quality}。
  {place}的{food}、{place}的{food}都{quality}。
  (住在|来自|途经|前往|定居){place}的{person}{vp_o}。
  {st}(、|和|跟){st}{vp_o}。
  {st}，(您|你|)(好|在吗|辛苦了)，{clause_o}。
  (订单|运单|工单|案件|合同|保单)(编号|号|号码|)[：|为|:|是]{order}，{thing}{adv}{act}。
  (身份证号|证件号码|公民身份号码)[：|为|:]{id}，{clause_o}。
  (卡号|账号|银行卡号)[：|为|:]{card}，(金额|余额){money}。
  (QQ|QQ群|微信号|群号|旺旺|支付宝账号)(：|:| |是){acct}[，(备注|验证){thing}]
  (邮箱|email|E-mail|投稿邮箱)(：|:| ){mail}[，(网址|官网)(：|:| ){url}]
  (请拨|拨打|热线|电话|致电){pub}(报警|咨询|求助|投诉|挂失|)，{clause_o}。
  (密码|验证码|房号|代码|编号|型号|版本|航班|车次|车牌|坐标|尺寸|IP)(是|为|：|:| ){code}，{clause_o}。
  {room}(在|靠近|左转就是){room}，{clause_o}。
  (请到|在|去|位于){room}(领取|开会|集合|报到|缴费)，{time}(开始|结束)。
  {date}{time}，{clause_o}，(费用|合计|预算){money}。
  {item}{money}，{item}{money}，(一共|共计|合计){money}。
  第{n}(名|届|条|章|期|轮|次){thing}{quality}，{thing}(占|达到|超过){n}。
  {thing}(同比|环比)(增长|下降){n}%，(达|为){n}(亿元|万吨|人次|亿千瓦时)。
  (尾号|手机号|号码){masked}的(用户|机主|车主|客户){vp_o}。
  {year}年{person}{adv}{act}{item}，{year}年{does}。
  {work}(是|讲的是|里写的是){thing}和{thing}的故事。
  {idiom}，{idiom}。
  {n}(比|:|：){n}，{person}{does}。
  {english}(的|和|){thing}{quality}，{act}{english}。
  {emo}{clause_o}{emo}
  (标题|摘要|目录|附件|备注|关键词|点击查看|上一篇|下一篇|返回首页|登录|注册|更多|热门推荐|相关阅读)(：|:| |>){thing} {thing} {topic}
  (一|二|三|四|五|六)、{act}{thing}：(1|①|（1）){act}{item}；(2|②|（2）){act}{thing}。
  (Q|问|问题)(：|:){thing}{adv}{act}(吗|么|)？(A|答|回复)(：|:){clause_o}。
  {a_word}{clause_o}。
  {item} {item} {item} {quality} {money}
  (沿|走|经|过|绕){place}(走|到|进)(路口|)，{clause_o}。
  (公司|学校|医院|法院|单位|银行|我司|贵公司|本院|该局|市里|派出所|居委会|物业|开发商|政府|部门|社区){vp_o}，{clause_o}。
  {rare}{act}{rare}，{rare}的{item}{quality}。
  {rare}、{rare}和{rare}(是|属于)(三种|常见的|不同的){thing}。
  {food}{n}元，{food}{n}元，{food}(售完|免费)，{clause_o}。
`);

export const PLAIN_PARTS: Rules = {
  clause_o: patterns(`
    {person}{vp_o}
    {st}{vp_o}
    {thing}{quality}
    {thing}(很|太|比较|不够|非常|有点|越来越){quality}
    {item}{adv}{act}
    {quote}
    {rare}{quality}
    {date}{adv}{act}{thing}
    {place}{thing}{quality}
    (这|那)(个|次|种|些){thing}{adv}{act}
    {act}{thing}(是|需要|离不开){act}{item}
    (公司|学校|医院|单位|银行|派出所|社区){adv}{act}{thing}
  `),
  vp_o: patterns(`
    {does}
    {adv}{act}{item}
    {act}(了|过|着){quality}的{item}
    对{thing}{adv}{act}
    (把|将){item}{act}了
    (给|向|跟|和|为){person}{act}{thing}
    (给|向|跟|和|为){st}{act}{thing}
    {act}{thing}{n}(次|年|天|遍|小时)
    (打算|计划|准备|拒绝|开始|继续|希望){act}{thing}
    在{place}{act}{item}
    (住|到|停在|留在|来到){room}
    {rare}了{rare}
  `),
  a_word: patterns(`
    (马上|高兴|周末|白天|黄昏|许多年后|万一|方便时|明天|成功后|任何人|何时|于是|和平年代|田里|江边|石头上|金秋|夏夜|秋天|林间|龙年|华灯初上|安静地|高处|平日|单独|关于此事|钱多|季末|全年|常年|甘甜|水边|汤里|时光|牛年|毛呢|管他|应该|解释一下|包括这个|计算后|项目组|温水|连续三天|康庄大道|文明路上|阳光下|雷声|向西|向东走|国家|民族|建国以来|志强则国强|海波不惊|红军|长征|美丽的|伟大的|明亮的|小学毕业)
  `),
  medley: patterns(`
    {w}{w}{f}{w}{f}{w}。
    {w}{f}{w}，{w}{f}{w}{f}{w}。
    {f}{w}{f}{w}{w}，{f}{w}{f}{w}，{w}{f}{w}。
    {w}、{w}、{w}和{w}{f}{w}。
    {w}{f}{w}{f}{w}{f}{w}{f}{w}{f}{w}。
    {w}{w}，{w}{w}，{w}{f}{w}！
    {w}{f}{p}{f}{w}{f}{w}，{w}{f}{w}。
    {w}{f}{w}{f}{o}{f}{w}，{w}{f}{w}。
    {p}{f}{w}{f}{w}，{f}{w}。
    {w}{f}{w}{n}{w}，{w}{f}{order}{f}{w}。
    {w}{f}{place}{f}{w}，{st}{f}{w}{w}。
    {f}{w}{p}，{w}{f}{w}{p}{w}{f}{w}。
    {w}{w}{w}？{f}{w}{f}{w}。
    {date}{w}{f}{w}，{money}{f}{w}。
    {w}{a}{f}{w}，{w}{t}{f}{w}。
  `),
};
