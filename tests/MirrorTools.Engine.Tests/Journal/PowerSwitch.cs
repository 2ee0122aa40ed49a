namespace MirrorTools.Engine.Tests.Journal;

/// <summary>Cuts the power of all disks on it after a number of operations: from then on no operation ever completes.</summary>
internal sealed class PowerSwitch
{
    private int _operationsLeft = int.MaxValue;

    public bool IsOff { get; private set; }

    public int Operations { get; private set; }

    public void CutAfter(int operations) => _operationsLeft = operations;

    public void TurnOn() => (IsOff, _operationsLeft) = (false, int.MaxValue);

    /// <summary>True where the operation that begins now completes.</summary>
    public bool Spend()
    {
        Operations++;
        IsOff |= _operationsLeft-- <= 0;
        return !IsOff;
    }
}
