using MirrorTools.Engine.Maps;
using MirrorTools.Engine.SyncCache;
using MirrorTools.Engine.SyncCache.Hardening;

namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <summary>A seed's walk through the model: every order of everything that may happen next, with sessions that end in the midst of it.</summary>
internal sealed partial class HardeningModelRun
{
    private const int Grains = 12;
    private const int Steps = 260;

    private readonly Random _random;
    private readonly HardeningModel _model;
    private readonly HardeningTally _tally;
    private readonly List<string>? _trace;
    private readonly Queue<ModelMessage> _unsent = new();
    private readonly List<(ModelNode To, ModelMessage Message)> _late = [];
    private readonly bool _marksApart;
    private readonly bool _settlesAtOnce;
    private readonly int _hotGrains;

    private HardeningModelRun(int seed, HardeningMethod method, SyncFaults faults, bool marksApart, HardeningTally tally, List<string>? trace)
    {
        (_random, _marksApart, _tally, _trace) = (new Random(seed), marksApart, tally, trace);
        _model = new HardeningModel(method, faults, Grains);
        _settlesAtOnce = _random.Next(2) == 0;

        // Some seeds turn about few grains, which are then written, hardened and written again within one scan.
        _hotGrains = Grains / _random.Next(1, 5);
    }

    /// <summary>Walks a seed.</summary>
    /// <returns>What broke, with the steps that led to it; null where nothing did.</returns>
    public static string? Run(int seed, HardeningMethod method, SyncFaults faults, HardeningTally tally, bool marksApart = false)
    {
        string? violation = new HardeningModelRun(seed, method, faults, marksApart, tally, trace: null).Run(drains: faults == SyncFaults.None && !marksApart);
        if (violation is null)
        {
            return null;
        }

        List<string> trace = [];
        new HardeningModelRun(seed, method, faults, marksApart, new HardeningTally(), trace).Run(drains: faults == SyncFaults.None && !marksApart);
        return $"{method}, seed {seed}: {violation}{Environment.NewLine}{string.Join(Environment.NewLine, trace)}";
    }

    private ModelNode AnyNode => _random.Next(2) == 0 ? _model.Primary : _model.Secondary;

    private bool IsConnected => _model.Primary.Outgoing is not null && _model.Secondary.Outgoing is not null;

    private string? Run(bool drains)
    {
        string? violation = null;
        _model.Run(() =>
        {
            for (int step = 0; step < Steps && violation is null; step++)
            {
                Step();
                violation = _model.Violation();
            }

            violation ??= drains ? Drain() : null;
        });
        Count();
        return violation;
    }

    private void Step()
    {
        int dice = _random.Next(100);
        switch (dice)
        {
            case < 14:
                Write();
                break;
            case < 44:
                Deliver(AnyNode);
                break;
            case < 54:
                Put(AnyNode);
                break;
            case < 74:
                Harden(AnyNode);
                break;
            case < 80:
                Start(AnyNode);
                break;
            case < 96:
                _model.Context.RunOne(_random);
                break;
            case < 97:
                Help();
                break;
            default:
                ChangeSession();
                break;
        }
    }

    private void Write()
    {
        if (_unsent.TryDequeue(out ModelMessage unsent))
        {
            _model.Primary.Send(unsent);
            return;
        }

        if (_model.Primary.Outgoing is null || !_model.Primary.MaySend || _model.Primary.Pending.Count > 5)
        {
            return;
        }

        long first = _random.Next(_hotGrains);
        GrainRange grains = new(first, Math.Min(_random.Next(1, 4), _hotGrains - first));
        Trace(() => $"write {_model.Primary.LastNumber + 1} of {grains.First}+{grains.Count}");
        if (_marksApart)
        {
            _unsent.Enqueue(_model.Primary.MarkWrite(grains));
        }
        else
        {
            _model.Primary.Write(grains);
        }
    }

    private void Deliver(ModelNode node)
    {
        if (_late.Count > 0 && _random.Next(4) == 0)
        {
            int index = _random.Next(_late.Count);
            (ModelNode to, ModelMessage late) = _late[index];
            _late.RemoveAt(index);
            if (to.Outgoing is not null)
            {
                Trace(() => $"{Name(to)} gets, late, {late}");
                to.Receive(late);
                _tally.Late++;
            }

            return;
        }

        if (_model.DeliverTo(node) is { } message)
        {
            Trace(() => $"{Name(node)} got {message}");
            if (_settlesAtOnce && node == _model.Secondary && message.Kind == ModelMessageKind.Write)
            {
                Put(node);
            }
        }
    }

    private void Put(ModelNode node)
    {
        if (node == _model.Secondary)
        {
            node.SettledUpTo = node.LastNumber;
        }

        if (node.PutNext())
        {
            Trace(() => $"{Name(node)} put a write into its cache");
        }
    }

    private void Harden(ModelNode node)
    {
        long grain = _random.Next(_hotGrains);
        if (node.Cache.InFlight.ContainsKey(grain))
        {
            Trace(() => $"{Name(node)} hardened version {node.Cache.InFlight[grain]} of {grain}, its cache has {node.Cache.Unhardened[grain]}");
            node.Cache.EndWrite(grain, node.Scanner.OnHardened);
        }
        else if (node.Cache.BeginWrite(grain))
        {
            Trace(() => $"{Name(node)} writes {grain} to its disk");
        }
    }

    private void Start(ModelNode node)
    {
        int range = _random.Next(_model.Ranges.Count);
        if (node.Scanner.TryStart(range))
        {
            Trace(() => $"{Name(node)} starts a scan of range {range}");
        }
    }

    private void Help()
    {
        _tally.Helped++;
        Trace(() => "time passes");
        _model.Clock.Advance(HardeningModel.Options.HelpAfter);
    }

    private void ChangeSession()
    {
        if (!IsConnected && _model.Primary.Outgoing is null && _model.Secondary.Outgoing is null)
        {
            Trace(() => "connected");
            Connect();
            return;
        }

        // A session is rare to end, and then the other node soon finds out.
        ModelNode node = AnyNode;
        if (node.Outgoing is not null && (!IsConnected || _random.Next(2) == 0))
        {
            Trace(() => $"{Name(node)} has lost the session");
            Lose(node);
        }
    }

    private void Connect()
    {
        _late.Clear();
        KeepLate(_model.Primary, _model.Secondary);
        KeepLate(_model.Secondary, _model.Primary);
        _model.Connect();
    }

    // Completions and acceptances of earlier sessions that find their way into the next one.
    private void KeepLate(ModelNode from, ModelNode to) => _late.AddRange(from.Sent
        .Where(message => message.Kind is ModelMessageKind.ScanCompleted or ModelMessageKind.ScanAccepted)
        .TakeLast(4)
        .Select(message => (to, message)));

    private void Lose(ModelNode node)
    {
        foreach (HardeningScan scan in node.Scanner.Scans)
        {
            _tally.LostAnnounced += scan.State == ScanState.Announced ? 1 : 0;
            _tally.LostHardening += scan.State == ScanState.Hardening ? 1 : 0;
        }

        _unsent.Clear();
        node.LoseSession();
    }

    private void Count()
    {
        foreach (ModelNode node in (ModelNode[])[_model.Primary, _model.Secondary])
        {
            _tally.Completed += node.Sent.Count(message => message.Kind == ModelMessageKind.ScanCompleted);
            _tally.Overwritten += node.Cache.Overwritten;
        }

        List<ModelMessage> writes = [.. _model.Primary.Sent.Where(message => message.Kind == ModelMessageKind.Write)];
        _tally.SentAgain += writes.Count - writes.Select(write => write.Number).Distinct().Count();
    }

    private string Name(ModelNode node) => node == _model.Primary ? "primary" : "secondary";

    private void Trace(Func<string> text) => _trace?.Add(text());
}
