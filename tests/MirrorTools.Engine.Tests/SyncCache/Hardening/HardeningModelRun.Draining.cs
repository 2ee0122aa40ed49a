namespace MirrorTools.Engine.Tests.SyncCache.Hardening;

/// <content>The end of a walk: quiet, and everything is hardened.</content>
internal sealed partial class HardeningModelRun
{
    // Nothing is left in either record once all is hardened and each range was scanned: no scan is stuck, and no mark is forgotten.
    private string? Drain()
    {
        foreach (ModelNode node in (ModelNode[])[_model.Primary, _model.Secondary])
        {
            if (!IsConnected && node.Outgoing is not null)
            {
                Lose(node);
            }
        }

        if (!IsConnected)
        {
            Connect();
        }

        for (int round = 0; round < 3; round++)
        {
            _model.Settle();
            HardenAll(_model.Primary);
            HardenAll(_model.Secondary);
            _model.Settle();
            if (_model.Violation() is { } violation)
            {
                return violation;
            }

            // Two at a time: after two rounds each range was scanned.
            for (int range = 0; range < _model.Ranges.Count; range++)
            {
                _model.Primary.Scanner.TryStart((range + round) % _model.Ranges.Count);
                _model.Secondary.Scanner.TryStart((range + round) % _model.Ranges.Count);
            }

            _model.Settle();
        }

        long left = _model.Primary.Record.Union().CountSet() + _model.Secondary.Record.Union().CountSet();
        int scans = _model.Primary.Scanner.Scans.Count() + _model.Secondary.Scanner.Scans.Count();
        return left == 0 && scans == 0 ? null : $"{left} marks and {scans} scans are left though everything is hardened.";
    }

    private static void HardenAll(ModelNode node)
    {
        for (int grain = 0; grain < Grains; grain++)
        {
            while (node.Cache.Unhardened[grain] != 0 || node.Cache.InFlight.ContainsKey(grain))
            {
                HardeningModel.Harden(node, grain);
            }
        }
    }
}
