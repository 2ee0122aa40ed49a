namespace MirrorTools.Protocols.Tests.Nbd;

/// <summary>Waits for what another thread brings about, with a deadline that no machine needs.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits for a condition; fails the test where it does not come true in time.</summary>
    public static async Task TrueAsync(Func<bool> holds)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!holds())
        {
            await Task.Delay(5, deadline.Token);
        }
    }
}
